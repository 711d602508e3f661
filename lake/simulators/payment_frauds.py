"""Simulated fraud among payments, and when the shop hears of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lake.simulators.abuses import ring, tested
from lake.simulators.paying import PayingHabits, PaymentAssumptions, chargeback_days
from lake.simulators.thefts import stolen, takeover


def frauds(
    a: PaymentAssumptions, habits: PayingHabits, good: int, rng: np.random.Generator
) -> Iterator[dict[str, np.ndarray]]:
    """Payments of every pattern, as `PayingHabits.payments` makes them, beside `good` good ones."""
    patterns = (
        (stolen, a.stolen_per_1000),
        (takeover, a.takeover_per_1000),
        (tested, a.testing_per_1000),
        (ring, a.ring_per_1000),
    )
    for pattern, per_1000 in patterns:
        n = rng.poisson(per_1000 * good / 1000)
        if n:
            yield _known(a, pattern(habits, n, rng), habits.folk.days, rng)


def _known(
    a: PaymentAssumptions, made: dict[str, np.ndarray], days: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    n = len(made["at"])
    told = rng.random(n) < np.where(made["declined"], a.declined_known, 1 - a.unreported)
    wait = np.where(made["declined"], rng.uniform(*a.declined_days, n), chargeback_days(a, n, rng))
    inside = made["at"] < days
    return {name: values[inside] for name, values in {**made, "known_after": np.where(told, wait, np.nan)}.items()}
