"""Strata: customers who are alike in their score and in what they spent, so that chance parts them evenly."""

from __future__ import annotations

import numpy as np

RANKS = 5
"""Groups by score."""
SPENDS = 4
"""Groups by spending within a group by score. With those whose score is not known, at most 24 strata."""


def strata(rank: np.ndarray, spend: np.ndarray, smallest: int) -> np.ndarray:
    """(n,) number of each customer's stratum, from 0 on: quantiles of `spend` within quantiles of `rank`.

    `rank` may hold NaN, which is a group of its own. Equal values are never parted. A group with fewer than `smallest`
    customers is joined to its neighbour, so that there are strata of at least that size, or a single one.
    """
    groups = _quantiles(rank, RANKS)
    found = np.zeros(len(rank), dtype=np.int32)
    for group in np.unique(groups):
        inside = groups == group
        found[inside] = group * SPENDS + _quantiles(spend[inside], SPENDS)
    return _joined(found, smallest)


def _quantiles(values: np.ndarray, groups: int) -> np.ndarray:
    """(n,) 0 to `groups` − 1 by quantile, and `groups` for NaN."""
    known = ~np.isnan(values)
    found = np.full(len(values), groups, dtype=np.int32)
    if known.any():
        edges = np.quantile(values[known], np.arange(1, groups) / groups)
        found[known] = np.searchsorted(edges, values[known], side="left")
    return found


def _joined(cells: np.ndarray, smallest: int) -> np.ndarray:
    """Renumbered from 0, in order, cells gathered until they hold `smallest` customers; what is left joins the last."""
    names, sizes = np.unique(cells, return_counts=True)
    numbers = np.zeros(len(names), dtype=np.int32)
    number, gathered, rest = 0, 0, int(sizes.sum())
    for at, size in enumerate(sizes):
        if gathered >= smallest and rest >= smallest:
            number, gathered = number + 1, 0
        numbers[at] = number
        gathered, rest = gathered + int(size), rest - int(size)
    return numbers[np.searchsorted(names, cells)]
