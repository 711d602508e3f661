"""Precision and recall at the review capacity: were the most probable events of each day reviewed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from commerce.assessments.monitoring import AtCapacity, Estimate
from commerce.evaluation import Interval

DRAWS = 1000
LEVEL = 0.95


def at_capacity(
    day: np.ndarray, probability: np.ndarray, fraud: np.ndarray, capacity: Mapping[int, int], per_day: int
) -> AtCapacity | None:
    """See `AtCapacity`. `day`, `probability`, `fraud` (0 or 1): (rows,) of mature decisions whose outcome is known.

    `capacity` is how many are chosen of a day, at most those it has; `per_day` what people can do. All days count
    together: their average, weighted by the events chosen and by the frauds. None where nothing is chosen.
    """
    order = np.lexsort([-probability, day])
    day, probability, fraud = day[order], probability[order], fraud[order]
    days, first, counts = np.unique(day, return_index=True, return_counts=True)
    rank = np.arange(len(day)) - np.repeat(first, counts)
    most = np.array([capacity.get(int(each), 0) for each in days])
    chosen = rank < np.repeat(most, counts)
    if not chosen.any():
        return None

    def by_day(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values.astype(float), first)

    number, hits, frauds = by_day(chosen), by_day(chosen * fraud), by_day(fraud)
    promised, expected = float(probability[chosen].sum()), float(probability.sum())
    return AtCapacity(
        per_day=per_day,
        days=len(days),
        chosen=int(number.sum()),
        precision=_estimate(hits, number),
        recall=_estimate(hits, frauds) if frauds.any() else None,
        promised_frauds=promised,
        promised_precision=promised / number.sum(),
        promised_recall=promised / expected if expected else None,
    )


def _estimate(part: np.ndarray, whole: np.ndarray) -> Estimate:
    """The ratio of sums over days, with its interval by the bootstrap over days."""
    value = part.sum() / whole.sum()
    if len(part) < 2:
        return Estimate(value=value)
    drawn = np.random.default_rng(0).multinomial(len(part), np.full(len(part), 1 / len(part)), DRAWS)
    parts, wholes = drawn @ part, drawn @ whole
    values = parts[wholes > 0] / wholes[wholes > 0]
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value=value, interval=Interval(low=float(low), high=float(high), level=LEVEL))
