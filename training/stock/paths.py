"""Sample paths of demand: what may be asked for from today up to any day, as draws.

Quantiles of single periods do not add up to those of their sum, and stock lasts over sums. A path takes from each
period's distribution the quantile of its own draw, whose periods depend on each other (`dependence`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commerce.families.demand.answer import LEVELS

_TOP = (LEVELS.index(0.95), LEVELS.index(0.99))


@dataclass(frozen=True)
class Paths:
    """`total` is (series, paths, 1 + steps): units up to the end of each period. `days` are those of a period."""

    total: np.ndarray
    days: float
    elapsed: float = 0.0
    """Days of the first period that are over."""

    @property
    def horizon(self) -> float:
        """Days from now on that are forecast."""
        return (self.total.shape[2] - 1) * self.days - self.elapsed

    def upto(self, day: np.ndarray | float) -> np.ndarray:
        """(series, paths) units asked for from now to `day` days from now, which broadcasts to that shape.

        Within a period evenly, after the last one at the path's own mean.
        """
        asked = self._since_start(np.asarray(day, dtype=np.float64) + self.elapsed)
        return np.maximum(asked - self._since_start(np.asarray(self.elapsed)), 0.0) if self.elapsed else asked

    def _since_start(self, day: np.ndarray) -> np.ndarray:
        last = self.total.shape[2] - 1
        at = day / self.days
        period = np.clip(np.floor(at), 0, last).astype(np.int64)
        lower, upper = self._by(period), self._by(np.minimum(period + 1, last))
        rate = np.where(period < last, upper - lower, self.total[..., last] / last)
        return lower + (at - period) * rate

    def _by(self, period: np.ndarray) -> np.ndarray:
        """(series, paths) units by the end of so many periods."""
        if period.ndim == 0:
            return self.total[..., period]
        series, paths, width = self.total.shape
        begins = np.arange(0, series * paths * width, width).reshape(series, paths)
        return self.total.reshape(-1).take(begins + period)


def sample(quantiles: np.ndarray, uniforms: np.ndarray, days: float, elapsed: float = 0.0) -> Paths:
    """Paths of quantiles (series, steps, levels) at the draws (paths, steps).

    Between levels on the line, below the first one on the line towards 0 units, above the last one with an exponential
    tail as long as that between the last two tails. Where every quantile is a whole number, so is every draw.
    """
    low = np.maximum(2 * quantiles[..., :1] - quantiles[..., 1:2], 0.0)
    known = np.concatenate([low, quantiles], axis=2)
    weights = _weights(uniforms)
    demand = np.stack([known[:, t] @ weights[:, t].T for t in range(quantiles.shape[1])], axis=2)
    if np.all(quantiles == np.round(quantiles)):
        demand = np.round(demand)
    return Paths(np.concatenate([np.zeros((*demand.shape[:2], 1)), np.cumsum(demand, axis=2)], axis=2), days, elapsed)


def _weights(uniforms: np.ndarray) -> np.ndarray:
    """(paths, steps, 1 + levels): of what each draw is made, a lowest value and the levels' quantiles."""
    levels = np.array([0.0, *LEVELS])
    under = np.clip(np.searchsorted(levels, uniforms, side="right") - 1, 0, len(levels) - 2)
    share = np.clip((uniforms - levels[under]) / (levels[under + 1] - levels[under]), 0.0, 1.0)
    found = np.zeros((*uniforms.shape, len(levels)))
    np.put_along_axis(found, under[..., None], (1 - share)[..., None], axis=2)
    np.put_along_axis(found, under[..., None] + 1, share[..., None], axis=2)
    below, top = _TOP
    beyond = np.log((1 - LEVELS[top]) / np.maximum(1 - uniforms, 1e-12)) / np.log(
        (1 - LEVELS[below]) / (1 - LEVELS[top])
    )
    beyond = np.maximum(beyond, 0.0)
    found[..., 1 + top] += beyond
    found[..., 1 + below] -= beyond
    return found
