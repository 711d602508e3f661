"""Products found for a question, each with its score, where it comes from, and because of which other product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from commerce.families.recommendations.answer import Origin

NOTHING = -1
_ORIGINS: tuple[Origin, ...] = get_args(Origin)


@dataclass(frozen=True, slots=True)
class Found:
    """Arrays of one length. `because` is a product's position or −1, `count` the baskets or visits that say so.

    `origins` are numbers, see `origin`.
    """

    items: np.ndarray
    scores: np.ndarray
    origins: np.ndarray
    because: np.ndarray
    count: np.ndarray

    @staticmethod
    def of(
        items: np.ndarray,
        scores: np.ndarray,
        origin: Origin,
        because: np.ndarray | int = NOTHING,
        count: np.ndarray | int = 0,
    ) -> Found:
        """All from one origin."""
        n = len(items)
        return Found(
            np.asarray(items, dtype=np.int64),
            np.asarray(scores, dtype=float),
            _filled(_ORIGINS.index(origin), n, np.int8),
            _filled(because, n, np.int64),
            _filled(count, n, np.int64),
        )

    @staticmethod
    def joined(parts: Sequence[Found]) -> Found:
        """All of them, one part after the other; a product may come more than once (see `once`)."""
        parts = [part for part in parts if len(part.items)]
        if not parts:
            return Found.of(np.zeros(0, dtype=np.int64), np.zeros(0), "popular")
        if len(parts) == 1:
            return parts[0]
        names = ("items", "scores", "origins", "because", "count")
        return Found(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def origin(self, place: int) -> Origin:
        """Where the product at a place comes from."""
        return _ORIGINS[self.origins[place]]

    def once(self) -> Found:
        """Each product once, where it comes first."""
        _, first = np.unique(self.items, return_index=True)
        return self if len(first) == len(self.items) else self.where(np.sort(first))

    def scores_of(self, items: np.ndarray) -> np.ndarray:
        """Of each of `items` its score, 0 where it was not found."""
        if not len(self.items):
            return np.zeros(len(items))
        order = np.argsort(self.items)
        near = order[np.minimum(np.searchsorted(self.items, items, sorter=order), len(order) - 1)]
        return np.where(self.items[near] == items, self.scores[near], 0.0)

    def where(self, mask: np.ndarray) -> Found:
        """Those of a mask, or at these places."""
        return Found(self.items[mask], self.scores[mask], self.origins[mask], self.because[mask], self.count[mask])

    def scored(self, scores: np.ndarray) -> Found:
        """The same with other scores."""
        return Found(self.items, np.asarray(scores, dtype=float), self.origins, self.because, self.count)

    def without(self, items: Sequence[int]) -> Found:
        """Those that are none of `items`."""
        return self.where(~np.isin(self.items, items)) if len(items) and len(self.items) else self


def _filled(value: np.ndarray | int, n: int, dtype: type) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return value.astype(dtype)
    filled = np.empty(n, dtype=dtype)
    filled.fill(value)
    return filled
