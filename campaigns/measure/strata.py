"""Strata in which both groups can be compared."""

from __future__ import annotations

import numpy as np

SMALLEST = 5
"""Customers of each group that a stratum needs; smaller ones are thrown together."""


def comparable(stratum: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """(n,) numbers from 0 of strata in which each group has `SMALLEST` customers or more.

    Strata with fewer become one; where that is still too small, it joins the largest. Customers are held out at the
    same rate in every stratum, so that joining strata costs precision and nothing else.
    """
    numbers = _numbered(stratum)
    fewest = _fewest(numbers, treated)
    if fewest.min() >= SMALLEST:
        return numbers
    rest = len(fewest)
    numbers = np.where(fewest[numbers] < SMALLEST, rest, numbers)
    if _fewest(numbers, treated)[rest] < SMALLEST and fewest.max() >= SMALLEST:
        large = np.bincount(numbers, minlength=rest + 1)[:rest]
        numbers = np.where(numbers == rest, int(large.argmax()), numbers)
    return _numbered(numbers)


def _fewest(numbers: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Customers of the smaller group, by stratum."""
    size = int(numbers.max()) + 1
    return np.minimum(np.bincount(numbers[treated], minlength=size), np.bincount(numbers[~treated], minlength=size))


def _numbered(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1]
