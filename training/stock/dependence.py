"""How errors of a forecast's periods hang together, and draws that do so too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, qmc

from commerce.families.demand.answer import LEVELS

PATHS = 256
"""Draws; a power of two, as Sobol's points want."""
LEAST_PAIRS = 30
"""Pairs of periods below which a correlation is not told."""
_INSIDE = 1e-4


@dataclass(frozen=True)
class Draws:
    """Numbers between 0 and 1, the same for every series, so that what differs between two of them, or between two
    decisions, is never the luck of the draw: `demand` (paths, steps), the others (paths,)."""

    demand: np.ndarray
    lead: np.ndarray
    """Of the lead time of an order placed now."""
    later_lead: np.ndarray
    """Of one placed at a later review."""
    residual: np.ndarray
    """Share of a lead time that is left of an order on its way."""


@dataclass(frozen=True)
class Dependence:
    """Correlation of the normal scores of two periods k apart: common + (1 − common) · decay^k.

    `common` is the error in the level that a whole forecast shares, the rest fades. The defaults stand where no
    backtest tells (training/stock/README.md says where they are from).
    """

    common: float = 0.2
    decay: float = 0.1

    def matrix(self, steps: int) -> np.ndarray:
        """(steps, steps) correlations."""
        apart = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
        return self.common + (1 - self.common) * self.decay**apart

    def draws(self, steps: int, seed: int, paths: int = PATHS) -> Draws:
        """Sobol's points scrambled by the seed, the periods' tied together by `matrix`."""
        points = qmc.Sobol(steps + 3, scramble=True, rng=seed).random(paths)
        points = np.clip(points, _INSIDE, 1 - _INSIDE)
        factor = np.linalg.cholesky(self.matrix(steps) + 1e-9 * np.eye(steps))
        return Draws(norm.cdf(norm.ppf(points[:, 3:]) @ factor.T), *points[:, :3].T)


def estimate(y: np.ndarray, quantiles: np.ndarray, seed: int = 0) -> Dependence:
    """The dependence of outcomes y (forecasts, steps) around their quantiles (forecasts, steps, levels).

    Outcomes become normal scores by the randomised PIT; their correlations by distance are fitted by least squares,
    weighted by their number. The default where fewer than `LEAST_PAIRS` forecasts or two steps are given.
    """
    count, steps = y.shape
    if count < LEAST_PAIRS or steps < 2:
        return Dependence()
    scores = norm.ppf(np.clip(_pit(y, quantiles, np.random.default_rng(seed)), _INSIDE, 1 - _INSIDE))
    scores = (scores - scores.mean(axis=0)) / np.maximum(scores.std(axis=0), 1e-9)
    seen = np.array([np.mean(scores[:, k:] * scores[:, : steps - k]) for k in range(1, steps)])
    weights = np.arange(steps - 1, 0, -1.0)
    apart = np.arange(1, steps)

    def best_common(decay: float) -> float:
        fading = decay**apart
        share = np.sum(weights * (1 - fading) * (seen - fading)) / max(np.sum(weights * (1 - fading) ** 2), 1e-12)
        return float(np.clip(share, 0.0, 0.95))

    def missed(decay: float) -> float:
        common = best_common(decay)
        return float(np.sum(weights * (common + (1 - common) * decay**apart - seen) ** 2))

    decays = np.linspace(0.0, 0.95, 96)
    decay = float(decays[np.argmin([missed(each) for each in decays])])
    return Dependence(best_common(decay), decay)


def _pit(y: np.ndarray, quantiles: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Share of the distribution below each outcome, drawn at random within what equals it."""
    levels = np.array([0.0, *LEVELS, 1.0])
    under = (quantiles < y[..., None]).sum(axis=-1)
    upto = (quantiles <= y[..., None]).sum(axis=-1)
    low = levels[under]
    return low + rng.random(y.shape) * (levels[upto + 1] - low)
