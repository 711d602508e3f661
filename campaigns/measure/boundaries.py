"""Looking several times at a campaign without finding effects that are not there.

Alpha spending (Lan and DeMets 1983) by the share t of the attribution window that has passed (calendar time: Lan and
DeMets 1989), in the O'Brien-Fleming-like form, half of it on either side: α(t) = 4 − 4 Φ(z / √t) with z the 1 − α / 4
quantile. Bound c_k of look k solves

    P(|Z_j| < c_j for all j < k, |Z_k| ≥ c_k) = α(t_k) − α(t_{k−1})

where Z is normal with the correlation of the looks' statistics. The same customers add to their outcomes from look to
look, so that increments are not independent and that correlation comes from their own outcomes (`estimate`).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

_POINTS, _MOST = 8192, 7
"""Points and their coordinates, one for each look but the last: as many for fewer looks, so that bounds stay."""
_LARGEST = 8.5
"""No bound is above it: beyond, the chance is below what a double can tell from 0."""
_FAR = 40.0
"""Standard deviations beyond which the normal density is 0 as a double."""
_TINY = 1e-9
_STEPS, _NEAR = 100, 1e-6


def spent(share: np.ndarray, alpha: float) -> np.ndarray:
    """Error spent when `share` (0 to 1) of the window has passed, of `alpha` altogether."""
    return 4 * ndtr(ndtri(alpha / 4) / np.sqrt(np.clip(share, _TINY, 1.0)))


def bounds(correlation: np.ndarray, shares: np.ndarray, alpha: float = 0.05) -> np.ndarray:
    """(K,) bounds of |Z| for K looks at window `shares` (K,), given the looks' `correlation` (K, K).

    A bound depends on its own and earlier looks alone, so that it is the same whenever it is computed. The integral is
    taken by conditioning look on look (Genz 1992) over scrambled Sobol points with a fixed seed: the same every time.
    """
    looks = len(shares)
    spending = np.diff(spent(np.asarray(shares, dtype=float), alpha), prepend=0.0)
    factor = _factor(correlation)
    points = _points(max(looks - 1, _MOST))
    found, drawn, weight = np.empty(looks), np.zeros((len(points), looks)), np.ones(1)
    for look in range(looks):
        # The first look needs no integral: one point stands for all.
        mean, deviation = drawn[:, :look] @ factor[look, :look] if look else np.zeros(1), factor[look, look]
        found[look] = bound = _solve(mean, deviation, weight, float(spending[look]))
        low, high = ndtr((-bound - mean) / deviation), ndtr((bound - mean) / deviation)
        weight = weight * (high - low)
        if look < looks - 1:
            inside = low + points[:, look] * (high - low)
            drawn[:, look] = ndtri(np.clip(inside, 1e-16, 1 - 1e-16))
    return found


def _solve(mean: np.ndarray, deviation: float, weight: np.ndarray, wanted: float) -> float:
    """The bound that is crossed with probability `wanted` by those who have not crossed one before.

    Newton's method on the logarithm of that probability, starting at the bound that everybody together would cross with
    probability `wanted`, which is too high; halving what is left where a step would leave it.
    """
    low, high = 0.0, min(float(-ndtri(wanted / 2)), _LARGEST)
    bound = high
    for _ in range(_STEPS):
        above, below = (mean - bound) / deviation, (-mean - bound) / deviation
        crossed = float(np.mean(weight * (ndtr(above) + ndtr(below))))
        density = float(np.mean(weight * (_density(above) + _density(below)))) / deviation
        low, high = (bound, high) if crossed > wanted else (low, bound)
        step = np.log(crossed / wanted) * crossed / density if crossed > 0 and density > 0 else np.inf
        if abs(step) < _NEAR or high - low < _NEAR:
            break
        bound = bound + step if low < bound + step < high else (low + high) / 2
    return bound


def _density(values: np.ndarray) -> np.ndarray:
    return np.exp(-(np.minimum(np.abs(values), _FAR) ** 2) / 2) / np.sqrt(2 * np.pi)


def _factor(correlation: np.ndarray) -> np.ndarray:
    """Lower Cholesky factor; a look that adds nothing to earlier ones keeps a tiny part of its own."""
    looks = len(correlation)
    factor = np.zeros((looks, looks))
    for i in range(looks):
        for j in range(i):
            factor[i, j] = (correlation[i, j] - factor[i, :j] @ factor[j, :j]) / factor[j, j]
        own = correlation[i, i] - factor[i, :i] @ factor[i, :i]
        factor[i, i] = np.sqrt(max(own, _TINY))
    return factor


@cache
def _points(dimensions: int) -> np.ndarray:
    return qmc.Sobol(dimensions, rng=np.random.default_rng(0)).random(_POINTS)
