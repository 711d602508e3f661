"""Effects in the form that is told: intervals at each look's own bound, several letters, relative lift."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from campaigns.measure.boundaries import bounds
from campaigns.measure.estimate import Estimate, estimate
from campaigns.measure.power import ALPHA
from commerce.campaigns.campaign import HOLDOUT
from commerce.campaigns.result import Effect, LookPoint, Metric

ALL = "all"


@dataclass(frozen=True, slots=True)
class Customers:
    """As allocated, one row each: `arm` and `stratum` (n,), `covariates` (n, p) known before the start."""

    arm: np.ndarray
    stratum: np.ndarray
    covariates: np.ndarray

    def __len__(self) -> int:
        return len(self.arm)


@dataclass(frozen=True, slots=True)
class Measured:
    """One effect over the looks so far, each with its interval at its own bound."""

    arm: str
    metric: Metric
    estimate: Estimate
    level: np.ndarray
    """(K,) of each look's interval."""
    reach: np.ndarray
    """(K,) half the interval, in standard errors."""

    def interval(self, look: int) -> tuple[float, float]:
        """Repeated confidence interval (Jennison and Turnbull 1989) of a look, counted from 0."""
        middle = float(self.estimate.difference[look])
        half = float(self.reach[look] * self.estimate.error[look])
        return middle - half, middle + half

    def p_value(self, look: int) -> float:
        """Two-sided p-value of the look alone: below 1 − level where the effect is shown."""
        error = float(self.estimate.error[look])
        if error == 0:
            return 1.0
        statistic = abs(float(self.estimate.difference[look])) / error
        return float(2 * stdtr(self.estimate.freedom[look], -statistic))

    def effect(self) -> Effect:
        """Of the newest look."""
        found, (low, high) = self.estimate, self.interval(-1)
        base, difference = float(found.holdout_mean[-1]), float(found.difference[-1])
        relative = relative_interval(
            difference, base, float(found.error[-1]), float(found.holdout_error[-1]), float(self.reach[-1])
        )
        return Effect(
            arm=self.arm,
            metric=self.metric,
            treated=found.treated,
            held_out=found.held_out,
            treated_mean=float(found.treated_mean[-1]),
            holdout_mean=base,
            difference=difference,
            low=low,
            high=high,
            level=float(self.level[-1]),
            p_value=self.p_value(-1),
            relative=difference / base if base > 0 else None,
            relative_low=relative[0] if relative else None,
            relative_high=relative[1] if relative else None,
            total=difference * found.treated,
            unadjusted=float(found.unadjusted[-1]),
            variance_ratio=float(found.variance_ratio[-1]),
            significant=float(found.error[-1]) > 0 and not low <= 0 <= high,
        )

    def history(self, at: Sequence[datetime]) -> list[LookPoint]:
        """Every look so far; `at` holds their times."""
        points = []
        for look, moment in enumerate(at):
            low, high = self.interval(look)
            difference, level = float(self.estimate.difference[look]), float(self.level[look])
            points.append(LookPoint(number=look + 1, at=moment, difference=difference, low=low, high=high, level=level))
        return points


def measure(customers: Customers, outcomes: Mapping[Metric, np.ndarray], shares: np.ndarray) -> list[Measured]:
    """Every effect that can be told, per metric: all letters together, then each letter where there are several.

    `outcomes`: metric → (n, K) up to each look; `shares`: (K,) of the window that had passed by then. All letters
    together are judged at `ALPHA`; each of m letters at `ALPHA` / m (Bonferroni), intervals and bounds alike.
    """
    arms = sorted(set(customers.arm.tolist()) - {HOLDOUT})
    found = []
    for metric, values in outcomes.items():
        for arm in (ALL, *(arms if len(arms) > 1 else ())):
            alpha = ALPHA if arm == ALL else ALPHA / len(arms)
            found.append(_measured(customers, arm, metric, values, shares, alpha))
    return [measured for measured in found if measured is not None]


def judged(arm: str, metric: Metric, found: Estimate, shares: np.ndarray, alpha: float = ALPHA) -> Measured:
    """An estimate's looks, at `shares` of the window, held against their bounds: `alpha` for all of them together."""
    outside = 2 * ndtr(-bounds(found.correlation, shares, alpha))
    return Measured(arm, metric, found, 1 - outside, -stdtrit(found.freedom, outside / 2))


def _measured(
    customers: Customers, arm: str, metric: Metric, outcomes: np.ndarray, shares: np.ndarray, alpha: float
) -> Measured | None:
    compared = np.ones(len(customers), bool) if arm == ALL else np.isin(customers.arm, (arm, HOLDOUT))
    found = estimate(
        outcomes[compared],
        customers.arm[compared] != HOLDOUT,
        customers.stratum[compared],
        customers.covariates[compared],
    )
    return None if found is None else judged(arm, metric, found, shares, alpha)


def relative_interval(
    difference: float, base: float, error: float, base_error: float, reach: float
) -> tuple[float, float] | None:
    """Interval of difference / base by Fieller (1954), `base` being the holdout's mean, which the difference has in it.

    It leaves out 0 exactly where the difference's own interval does. None where the base may itself be 0.
    """
    a = base**2 - (reach * base_error) ** 2
    if base <= 0 or a <= 0:
        return None
    b = difference * base + (reach * base_error) ** 2
    c = difference**2 - (reach * error) ** 2
    root = math.sqrt(max(b**2 - a * c, 0.0))
    return (b - root) / a, (b + root) / a
