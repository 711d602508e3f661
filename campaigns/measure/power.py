"""How small an effect a campaign can show, before it starts; how many customers it lacks, afterwards.

Difference of two means at a two-sided level with a chance of `POWER`: (z of the level + z of the power) × standard
error (Cohen, *Statistical power analysis for the behavioral sciences*, 1988). Looks before the last take 1 to 3 % more;
left out.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy.special import ndtri

from commerce.campaigns.audience import Detectable

ALPHA = 0.05
POWER = 0.8
SHOWN = 0.01
"""The effect by which `needed` counts: 1 % of the base."""

_MINIMUM = 4
"""Customers below which nothing can be said of their noise."""


def detectable(
    pre: np.ndarray, covariate: np.ndarray, *, holdout: float, metric: Literal["conversion", "revenue"]
) -> Detectable | None:
    """The smallest effect that would be shown with a chance of `POWER`; None where that cannot be told: with too few
    customers, or when all did the same in both windows.

    `pre`: (n,) spending of each customer of the audience in the window before the start, as long as the attribution
    window; `covariate`: (n,) theirs in the window of the same length before that; both 0 for who bought nothing.
    `holdout`: share held out. For conversion, whoever spent anything counts.

    The noise is what one window leaves unexplained of the other, taken from the noisier of the two: an audience picked
    because it was quiet lately was quieter in its last window than it will be.
    """
    earlier, later = (np.asarray(values, dtype=float) for values in (covariate, pre))
    if metric == "conversion":
        earlier, later = (earlier > 0).astype(float), (later > 0).astype(float)
    n = len(later)
    if n < _MINIMUM:
        return None
    held_out = min(max(round(holdout * n), 1), n - 1)
    noise = max(_unexplained(later, earlier), _unexplained(earlier, later))
    if noise <= 0:
        return None
    absolute = _reach() * math.sqrt(noise * (1 / held_out + 1 / (n - held_out)))
    base = float(later.mean())
    return Detectable(
        metric=metric,
        base=base,
        absolute=absolute,
        relative=absolute / base if base > 0 else None,
        power=POWER,
        alpha=ALPHA,
    )


def needed(error: float, base: float, customers: int, level: float = 1 - ALPHA) -> int | None:
    """Further customers with whom an effect of `SHOWN` of `base` would be shown with a chance of `POWER`.

    `error` is the standard error with `customers`, which falls with the square root of their number while the shares
    of the arms stay as they are. None where the base is not above 0.
    """
    if base <= 0:
        return None
    times = (_reach(level) * error / (SHOWN * base)) ** 2
    return max(0, math.ceil(customers * (times - 1)))


def _reach(level: float = 1 - ALPHA) -> float:
    return float(ndtri((1 + level) / 2) + ndtri(POWER))


def _unexplained(outcome: np.ndarray, covariate: np.ndarray) -> float:
    """Variance of the outcome around its regression on the covariate, two parameters counted."""
    centred, x = outcome - outcome.mean(), covariate - covariate.mean()
    spread = float(x @ x)
    slope = float(x @ centred) / spread if spread > 0 else 0.0
    residual = centred - slope * x
    return float(residual @ residual) / (len(outcome) - 2)
