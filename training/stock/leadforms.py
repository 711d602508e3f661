"""Forms of a supplier's lead times: quantiles of its own deliveries, shrunk towards those of all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

LEVELS = np.arange(0.5, 100) / 100
"""Levels of the quantiles that are kept."""

Fit = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""(days of the supplier's deliveries, of all, deliveries that these weigh) → quantiles at `LEVELS`."""


def _empirical(own: np.ndarray, every: np.ndarray, shrink: float) -> np.ndarray:
    """Quantiles of the supplier's deliveries and, weighing as much as `shrink` of them, those of all."""
    values = np.concatenate([own, every])
    weights = np.concatenate([np.ones(len(own)), np.full(len(every), shrink / len(every))])
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return np.interp(LEVELS, (reached - weights[order] / 2) / reached[-1], values[order])


def _lognormal(own: np.ndarray, every: np.ndarray, shrink: float) -> np.ndarray:
    mean, variance = _shrunk(np.log1p(own), np.log1p(every), shrink)
    return np.maximum(np.expm1(stats.norm.ppf(LEVELS, mean, np.sqrt(variance) + 1e-9)), 0.0)


def _of_gamma(own: np.ndarray, every: np.ndarray, shrink: float) -> np.ndarray:
    return gamma(*_shrunk(own, every, shrink))


def gamma(mean: float, variance: float) -> np.ndarray:
    """Quantiles of the gamma distribution of these moments; of one day at all levels where nothing varies."""
    if min(mean, variance) <= 0:
        return np.full(len(LEVELS), max(mean, 0.0))
    return stats.gamma.ppf(LEVELS, mean**2 / variance, scale=variance / mean)


def _shrunk(own: np.ndarray, every: np.ndarray, shrink: float) -> tuple[float, float]:
    """Mean and variance of `own` beside `shrink` values of the mean and variance of `every`."""
    whole = len(own) + shrink
    mean = (own.sum() + shrink * every.mean()) / whole
    spread = ((own - mean) ** 2).sum() + shrink * every.var()
    return float(mean), float(spread / whole)


FORMS: dict[str, Fit] = {"empirical": _empirical, "lognormal": _lognormal, "gamma": _of_gamma}
