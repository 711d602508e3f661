"""Which products have which value of an attribute, whatever attributes a shop has.

A pair of name and value is kept as a hash of 8 bytes with the positions of its products, not as text: free text among
the attributes costs a dozen bytes a product. With a million pairs, two share a hash with a chance of 3 in 10⁸.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Attributes:
    """`keys` (k,) are sorted hashes; the products of the i-th are `items[starts[i]:starts[i + 1]]`, ascending."""

    keys: np.ndarray
    starts: np.ndarray
    items: np.ndarray

    @staticmethod
    def of(texts: Iterable[object]) -> Attributes:
        """From each product's attributes, JSON as text; what is no JSON object is none."""
        hashes: dict[tuple[str, str], int] = {}
        keys: list[int] = []
        items: list[int] = []
        for item, text in enumerate(texts):
            for pair in _pairs(text):
                keys.append(hashes.setdefault(pair, _hash(*pair)))
                items.append(item)
        found = np.array(keys, dtype=np.uint64)
        order = np.argsort(found, kind="stable")
        distinct, starts = np.unique(found[order], return_index=True)
        return Attributes(distinct, np.append(starts, len(found)), np.array(items, dtype=np.int32)[order])

    def hold(self, positions: np.ndarray, wanted: Mapping[str, Sequence[str]]) -> np.ndarray:
        """Whether each product has one of the values wanted of each name; of a list, one of its values."""
        mask = np.ones(len(positions), dtype=bool)
        for name, values in wanted.items():
            having = np.zeros(len(positions), dtype=bool)
            for value in values:
                having |= _within(positions, self._products(name, value))
            mask &= having
        return mask

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name."""
        return {"keys": self.keys, "starts": self.starts, "items": self.items}

    def _products(self, name: str, value: str) -> np.ndarray:
        key = np.uint64(_hash(name, value))
        place = int(np.searchsorted(self.keys, key))
        if place == len(self.keys) or self.keys[place] != key:
            return self.items[:0]
        return self.items[self.starts[place] : self.starts[place + 1]]


def _pairs(text: object) -> Iterator[tuple[str, str]]:
    for name, held in parsed(text).items():
        for value in held if isinstance(held, list) else [held]:
            if value is not None:
                # As a filter writes it: `true`, `4.5`, text as it is.
                yield name, value if isinstance(value, str) else json.dumps(value)


def parsed(text: object) -> dict[str, Any]:
    """Attributes by name; none where the text is no JSON object."""
    try:
        known = json.loads(text) if isinstance(text, str) and text else {}
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _hash(name: str, value: str) -> int:
    text = json.dumps([name, value]).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def _within(positions: np.ndarray, sorted_: np.ndarray) -> np.ndarray:
    if not len(sorted_):
        return np.zeros(len(positions), dtype=bool)
    near = np.minimum(np.searchsorted(sorted_, positions), len(sorted_) - 1)
    return sorted_[near] == positions
