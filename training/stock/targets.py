"""How much stock is right: the cost of a position on the sampled paths, and the position that costs least.

Until the next order arrives a unit too many is held, or spoils; a unit too few is a sale lost. The sum is convex in the
position, and its slope is a weighted sum of the needs' distribution functions, so that the least cost is at a weighted
quantile of the pooled paths: with one period, no holding and goods that spoil the newsvendor's critical ratio (Arrow,
Harris and Marschak, *Optimal inventory policy*, 1951).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.stock.needs import Needs
from training.stock.terms import Policy, Terms

MOST_CYCLES = 8
"""Reviews that one order lasts for at most."""
_BISECTIONS = 30


@dataclass(frozen=True)
class Economy:
    """(series,) money per unit: held for one review, not there when asked for, spoiled; and per order."""

    holding: np.ndarray
    shortage: np.ndarray
    waste: np.ndarray
    ordering: float

    @staticmethod
    def of(terms: Terms, policy: Policy) -> Economy:
        """What terms and policy say; goods that last do not spoil."""
        waste = np.where(np.isfinite(terms.life), terms.waste(policy), 0.0)
        return Economy(terms.holding(policy) * policy.review_days, terms.shortage(policy), waste, policy.ordering_cost)


@dataclass(frozen=True)
class Targets:
    """(series,) positions in units: order when below `reorder`, up to `upto`, which lasts for `cycles` reviews."""

    reorder: np.ndarray
    upto: np.ndarray
    cycles: np.ndarray


def cost(position: np.ndarray, needed: Needs, economy: Economy, cycles: int) -> np.ndarray:
    """(series,) expected cost of a position (series,) until the order of `cycles` reviews later arrives.

    Stock is taken to fall evenly between two arrivals. What is asked for after the shelf life is lost at any position.
    """
    left = np.maximum(position[:, None] - needed.by[: cycles + 1], 0.0).mean(axis=2)
    held = left.sum(axis=0) - (left[0] + left[-1]) / 2
    within = needed.within(cycles)
    short = (np.maximum(within - position[:, None], 0.0) + needed.by[cycles] - within).mean(axis=1)
    spoiled = np.maximum(position[:, None] - needed.spoiled, 0.0).mean(axis=1)
    return economy.holding * held + economy.shortage * short + economy.waste * spoiled


def cheapest(needed: Needs, economy: Economy, cycles: int) -> np.ndarray:
    """(series,) the position of least `cost`."""
    paths = needed.by.shape[2]
    halves = np.ones(cycles + 1)
    halves[[0, -1]] = 0.5
    points = [*needed.by[: cycles + 1], needed.within(cycles), needed.spoiled]
    slopes = [*(economy.holding * half for half in halves), economy.shortage, economy.waste]
    # A need that never ends is at no finite position and must not be reached.
    finite = [(point, slope) for point, slope in zip(points, slopes, strict=True) if np.isfinite(point).any()]
    values = np.concatenate([point for point, _ in finite], axis=1)
    weights = np.concatenate([np.repeat(slope[:, None] / paths, paths, axis=1) for _, slope in finite], axis=1)
    order = np.argsort(values, axis=1)
    reached = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    first = np.argmax(reached >= economy.shortage[:, None] * (1 - 1e-9), axis=1)
    return np.take_along_axis(values, np.take_along_axis(order, first[:, None], axis=1), axis=1)[:, 0]


def targets(needed: Needs, economy: Economy, service_level: float | None) -> Targets:
    """The reorder point and the order-up-to position that cost least in the long run.

    Where orders cost money one lasts for the number of reviews at which cost per review is lowest; and one is placed
    when waiting for the next review would cost more than a review costs on average, the rule that is optimal for
    renewal processes. With a service level positions are its quantiles of the need instead, but not so high that the
    last unit would rather spoil than be sold.
    """
    upto = _positions(needed, economy, 1, service_level)
    if not economy.ordering:
        return Targets(upto, upto, np.ones(len(upto), dtype=np.int64))
    found = [_positions(needed, economy, k, service_level) for k in range(1, needed.cycles + 1)]
    rates = [(economy.ordering + cost(y, needed, economy, k)) / k for k, y in enumerate(found, start=1)]
    best = np.argmin(rates, axis=0)
    highest = np.take_along_axis(np.stack(found), best[None], axis=0)[0]
    rate = np.take_along_axis(np.stack(rates), best[None], axis=0)[0]
    reorder = upto if service_level is not None else _waits(needed, economy, upto, rate)
    return Targets(reorder, np.maximum(highest, reorder), best + 1)


def _positions(needed: Needs, economy: Economy, cycles: int, service_level: float | None) -> np.ndarray:
    least = cheapest(needed, economy, cycles)
    if service_level is None:
        return least
    wanted = np.quantile(needed.by[cycles], service_level, axis=1)
    spoils = np.isfinite(needed.spoiled).all(axis=1)
    return np.where(spoils, np.minimum(wanted, np.maximum(least, 0.0)), wanted)


def _waits(needed: Needs, economy: Economy, upto: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """(series,) the lowest position at which waiting one review costs at most `rate`; by bisection, cost being convex.

    None above 0 where even an empty shelf costs less: such a series never earns back an order.
    """
    low, high = np.minimum(upto, 0.0), upto
    never = cost(low, needed, economy, 1) <= rate
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        enough = cost(middle, needed, economy, 1) <= rate
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(never, low, high)
