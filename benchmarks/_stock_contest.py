"""Policies on the same replay: cost and fill rate at every setting, and a floor's cost at the fill rate of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from training.stock.simulator import Orderer, Outcome, Replay, simulate
from training.stock.terms import Policy, Terms

DRAWS = 1000
Make = Callable[[float], Orderer]
"""A policy with its one setting, such as a safety factor."""


@dataclass(frozen=True)
class Swept:
    """A policy at each of its settings: (settings, series) cost in money, units sold and asked for; and its choice."""

    settings: tuple[float, ...]
    cost: np.ndarray
    sold: np.ndarray
    demand: np.ndarray
    outcomes: tuple[Outcome, ...]
    chosen: int = 0

    def fill(self, rows: np.ndarray) -> np.ndarray:
        """(settings,) share of demand that was sold, of the series drawn."""
        return self.sold[:, rows].sum(axis=1) / self.demand[rows].sum()

    def at_fill(self, fill: float, rows: np.ndarray) -> float:
        """Cost of the series drawn at that fill rate: between settings on the line; the dearest where none reaches it.

        A setting that costs more than another of a better fill rate is left out.
        """
        fills, costs = self.fill(rows), self.cost[:, rows].sum(axis=1)
        order = np.argsort(fills)
        best = np.minimum.accumulate(costs[order][::-1])[::-1]
        return float(np.interp(fill, fills[order], best))


@dataclass(frozen=True)
class Floor:
    """A simple policy: `make(begin, setting)` for a replay that begins at a day of the history."""

    make: Callable[[int, float], Orderer]
    settings: Sequence[float]


def tuned(
    floor: Floor, replay: Callable[[int], Replay], before: int, begin: int, terms: Terms, policy: Policy
) -> Swept:
    """A floor in the replay from `begin` on, at the setting that cost least in that from `before` on."""
    chosen, found = (
        sweep(replay(day), terms, policy, partial(floor.make, day), floor.settings) for day in (before, begin)
    )
    return replace(found, chosen=chosen.chosen)


def sweep(replay: Replay, terms: Terms, policy: Policy, make: Make, settings: Sequence[float]) -> Swept:
    """The outcome of each setting; the choice is that of least cost."""
    outcomes = tuple(simulate(replay, terms, policy.review_days, make(setting)) for setting in settings)
    cost = np.stack([outcome.cost(terms, policy) for outcome in outcomes])
    sold = np.stack([outcome.sold for outcome in outcomes])
    return Swept(tuple(settings), cost, sold, outcomes[0].demand, outcomes, int(np.argmin(cost.sum(axis=1))))


@dataclass(frozen=True)
class Compared:
    """Ours against floors, each ratio with its 95 % interval, products resampled."""

    vs_best: tuple[float, float, float]
    """Cost over that of the cheapest floor, tuned on the weeks before."""
    vs_each: Mapping[str, tuple[float, float, float]]
    at_fill: Mapping[str, tuple[float, float, float]]
    """Cost over that of each floor at whatever setting has the fill rate of ours in the replay itself."""


def compare(ours: Swept, floors: Mapping[str, Swept], products: np.ndarray, seed: int) -> Compared:
    """`products` (series,) numbers what is resampled together."""
    members = [np.flatnonzero(products == k) for k in range(int(products.max()) + 1)]
    rng = np.random.default_rng(seed)
    draws = [np.arange(len(products))]
    draws += [np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))]) for _ in range(DRAWS)]
    vs = {
        name: np.array([_total(ours, rows) / _total(floor, rows) for rows in draws]) for name, floor in floors.items()
    }
    at = {
        name: np.array(
            [_total(ours, rows) / floor.at_fill(float(ours.fill(rows)[ours.chosen]), rows) for rows in draws]
        )
        for name, floor in floors.items()
    }
    cheapest = np.max(list(vs.values()), axis=0)
    return Compared(_span(cheapest), {k: _span(v) for k, v in vs.items()}, {k: _span(v) for k, v in at.items()})


def _total(swept: Swept, rows: np.ndarray) -> float:
    return float(swept.cost[swept.chosen, rows].sum())


def _span(values: np.ndarray) -> tuple[float, float, float]:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return float(values[0]), float(low), float(high)
