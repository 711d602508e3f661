"""What sells more now than it used to: a product's recent rate beside its own usual one."""

from __future__ import annotations

import numpy as np

SHORT_DAYS, LONG_DAYS = 7.0, 56.0
"""Half-lives of the recent and the usual rate."""
PRIOR = 5.0
"""Orders of evidence at the shop's own trend: what sold twice this week and never before is not yet a trend."""


def trending(items: np.ndarray, ages: np.ndarray, n_items: int, lines: np.ndarray | None = None) -> np.ndarray:
    """Trend of each product, (n_items,): log of its recent over its expected rate, weighted by how sure that is.

    `items` (n,) are the products of past sales and `ages` (n,) their days before the as-of date, 0 or more; `lines`
    (n,) says how many sales each stands for, 1 by default. Both rates decay exponentially (half-lives `SHORT_DAYS` and
    `LONG_DAYS`), and are divided by the shop's own, so that a busy week makes no product trend. Shrunk by `PRIOR` and
    multiplied by the square root of recent sales, which is the scale of a Poisson count's standard error. 0 for a
    product without a sale.
    """
    if ages.size and ages.min() < 0:
        raise ValueError("a sale after the as-of date: its age is below 0 days")
    weight = np.ones(len(items)) if lines is None else lines
    recent = np.bincount(items, weight * 0.5 ** (ages / SHORT_DAYS), n_items)
    usual = np.bincount(items, weight * 0.5 ** (ages / LONG_DAYS), n_items)
    if not usual.sum():
        return np.zeros(n_items)
    expected = usual * (recent.sum() / usual.sum())
    return np.log((recent + PRIOR) / (expected + PRIOR)) * np.sqrt(recent)


def popular(
    items: np.ndarray, ages: np.ndarray, n_items: int, lines: np.ndarray | None = None, half_life: float = 28.0
) -> np.ndarray:
    """Sales of each product, (n_items,), each counted by half for every `half_life` days of its age."""
    weight = np.ones(len(items)) if lines is None else lines
    return np.bincount(items, weight * 0.5 ** (ages / half_life), n_items).astype(float)
