"""Which products go together: pairs that baskets (or sessions) hold more often than chance would have it.

Bought together and viewed together are two fits of this one estimator, and stay apart: what is viewed together is often
bought instead of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, load_npz, save_npz
from scipy.special import xlogy

SIGNIFICANT = 10.83
"""Log-likelihood ratio at which a pair is beyond chance: chi-squared with one degree of freedom, p < 0.001."""
_BLOCK = 2048
"""Items whose pairs are counted at a time; bounds the memory of the counting."""


def log_likelihood_ratio(both: np.ndarray, first: np.ndarray, second: np.ndarray, baskets: int) -> np.ndarray:
    """G² of the 2 × 2 table of two items over `baskets` baskets (Dunning 1993); all arguments are counts.

    `both` holds the baskets with both items, `first` and `second` those with each. It is 0 where the items are
    independent, and grows with the evidence that they are not, in either direction.
    """
    only_first, only_second = first - both, second - both
    neither = baskets - first - second + both
    observed = sum(xlogy(cell, cell) for cell in (both, only_first, only_second, neither))
    margins = sum(xlogy(count, count) for count in (first, baskets - first, second, baskets - second))
    return np.maximum(2 * (observed - margins + xlogy(baskets, baskets)), 0.0)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An item that goes with another."""

    item: int
    strength: float
    """Cosine of the two items' baskets, in (0, 1]."""
    baskets: int
    """Baskets with both."""
    lift: float
    """How many times as often as chance would have it."""


class Together:
    """The `neighbours` strongest of each item's pairs that are in `support` baskets or more and beyond chance.

    Strength is the cosine of the items' baskets, which neither favours what is in every basket, as a plain count does,
    nor what was bought once, as lift does (Sarwar et al. 2001). Pairs below `support`, below `SIGNIFICANT` or rarer
    than chance are left out.
    """

    def __init__(self, neighbours: int = 50, support: int = 3) -> None:
        self.neighbours = neighbours
        self.support = support

    def fit(self, baskets: csr_matrix) -> Self:
        """Count pairs in `baskets` (baskets × items; what is stored and not 0 is in the basket).

        Time grows with the sum of squared basket sizes; memory with `neighbours` × items.
        """
        self.baskets_, n_items = baskets.get_shape()
        held = csr_matrix((np.ones(baskets.nnz, np.float32), baskets.indices, baskets.indptr), baskets.get_shape())
        held.sum_duplicates()
        held.data[:] = 1
        self.counts_ = np.asarray(held.sum(axis=0)).ravel().astype(np.int64)
        by_item = csr_matrix(held.T)
        kept = [
            self._strongest(csr_matrix(by_item[start : start + _BLOCK] @ held), start)
            for start in range(0, n_items, _BLOCK)
        ]
        items, others, both = (np.concatenate(part) for part in zip(*kept, strict=True)) if kept else ([], [], [])
        self.pairs_ = csr_matrix((both, (items, others)), shape=(n_items, n_items), dtype=np.int64)
        return self

    def row(self, item: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(items, strengths, baskets with both) of what goes with `item`, the strongest first."""
        row = slice(*self.pairs_.indptr[item : item + 2])
        others, both = self.pairs_.indices[row], self.pairs_.data[row]
        strength = both / np.sqrt(self.counts_[item] * self.counts_[others])
        order = np.lexsort((others, -strength))
        return others[order], strength[order], both[order]

    def of(self, item: int) -> list[Neighbour]:
        """What goes with `item`, the strongest first; empty where nothing does beyond chance."""
        others, strength, both = self.row(item)
        lift = both * self.baskets_ / (self.counts_[item] * self.counts_[others])
        return [
            Neighbour(int(other), float(much), int(count), float(times))
            for other, much, count, times in zip(others, strength, both, lift, strict=True)
        ]

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.npz` and `<name>.counts.npy`."""
        save_npz(folder / f"{name}.npz", self.pairs_)
        np.save(folder / f"{name}.counts.npy", np.append(self.counts_, self.baskets_), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """What `save` wrote."""
        loaded = cls()
        loaded.pairs_ = csr_matrix(load_npz(folder / f"{name}.npz"))
        counts = np.load(folder / f"{name}.counts.npy", allow_pickle=False)
        loaded.counts_, loaded.baskets_ = counts[:-1], int(counts[-1])
        return loaded

    def _strongest(self, pairs: csr_matrix, start: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(items, others, baskets with both) of the block whose first item is `start`."""
        rows = np.repeat(np.arange(pairs.get_shape()[0]), np.diff(pairs.indptr)) + start
        both, others = pairs.data.astype(np.int64), pairs.indices
        # G² costs logarithms: it is computed of those pairs only that may be kept.
        chosen = (others != rows) & (both >= self.support)
        rows, others, both = rows[chosen], others[chosen], both[chosen]
        first, second = self.counts_[rows], self.counts_[others]
        beyond = both * self.baskets_ > first * second
        ratio = log_likelihood_ratio(both, first, second, self.baskets_)
        chosen = beyond & (ratio >= SIGNIFICANT)
        rows, others, both = rows[chosen], others[chosen], both[chosen]
        strength = both / np.sqrt(self.counts_[rows] * self.counts_[others])
        order = np.lexsort((others, -strength, rows))
        rows, others, both = rows[order], others[order], both[order]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        chosen = rank < self.neighbours
        return rows[chosen], others[chosen], both[chosen]
