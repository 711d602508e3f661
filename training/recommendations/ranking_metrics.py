"""How good a ranking is, one number per user (or session), in [0, 1]; means and intervals are the caller's.

Relevance is yes or no. `ranked` holds item numbers, the best first, (n, k); `relevant` the items that were right, one
array per row. A row without relevant items has no defined value: leave it out beforehand (ValueError).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def top_k(scores: np.ndarray, k: int) -> np.ndarray:
    """The `k` highest of each row of `scores` (n, items), the best first, (n, min(k, items))."""
    k = min(k, scores.shape[1])
    best = (
        np.argpartition(-scores, k - 1, axis=1)[:, :k]
        if k < scores.shape[1]
        else np.tile(np.arange(k), (len(scores), 1))
    )
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def hits(ranked: np.ndarray, relevant: Sequence[np.ndarray]) -> np.ndarray:
    """(n, k) bool: whether each place holds a relevant item."""
    if any(len(items) == 0 for items in relevant):
        raise ValueError("a row without relevant items has no value: leave it out")
    return np.array([np.isin(row, items) for row, items in zip(ranked, relevant, strict=True)]).reshape(ranked.shape)


def recall(ranked: np.ndarray, relevant: Sequence[np.ndarray]) -> np.ndarray:
    """(n,): share of the relevant items that are among the k."""
    return hits(ranked, relevant).sum(axis=1) / np.array([len(set(items.tolist())) for items in relevant])


def ndcg(ranked: np.ndarray, relevant: Sequence[np.ndarray]) -> np.ndarray:
    """(n,): discounted gain over that of the best ranking of k places (Järvelin and Kekäläinen 2002)."""
    discounts = 1 / np.log2(np.arange(ranked.shape[1]) + 2)
    best = np.cumsum(discounts)
    counts = np.array([min(len(set(items.tolist())), len(discounts)) for items in relevant])
    return (hits(ranked, relevant) @ discounts) / best[counts - 1]


def hit_rate(ranked: np.ndarray, relevant: Sequence[np.ndarray]) -> np.ndarray:
    """(n,): 1 where any relevant item is among the k."""
    return hits(ranked, relevant).any(axis=1).astype(float)


def reciprocal_rank(ranked: np.ndarray, relevant: Sequence[np.ndarray]) -> np.ndarray:
    """(n,): 1 over the place of the first relevant item, 0 where it is not among the k."""
    found = hits(ranked, relevant)
    return np.where(found.any(axis=1), 1 / (found.argmax(axis=1) + 1), 0.0)


def bootstrap_interval(values: np.ndarray, seed: int, level: float = 0.95, draws: int = 1000) -> tuple[float, float]:
    """Percentile interval of the mean of `values` (n,), rows resampled."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(draws)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
