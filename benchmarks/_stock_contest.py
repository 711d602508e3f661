"""Policies on the same replay: cost and fill rate at every setting, and the cost at the fill rate of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np

from training.stock.simulator import Orderer, Outcome, Replay, simulate
from training.stock.terms import Policy, Terms

DRAWS = 500
Make = Callable[[float], Orderer]
"""A policy with its one setting, such as a safety factor."""
Span = tuple[float, float, float]
"""A value and its 95 % interval, products resampled."""


@dataclass(frozen=True)
class Swept:
    """A policy at each of its settings, of which every group of goods has one of its own.

    `cost` and `sold` are (settings, series), `groups` (series,) numbers from 0 on, `chosen` (groups,) settings.
    """

    settings: tuple[float, ...]
    cost: np.ndarray
    sold: np.ndarray
    outcomes: tuple[Outcome, ...]
    groups: np.ndarray
    chosen: np.ndarray

    @property
    def of_series(self) -> np.ndarray:
        """(series,) the setting of each."""
        return self.chosen[self.groups]

    def total(self, rows: np.ndarray) -> float:
        """Cost of the series drawn at the chosen settings."""
        return float(self.cost[self.of_series[rows], rows].sum())

    def fill(self, rows: np.ndarray) -> float:
        """Share of demand that was sold at the chosen settings."""
        return float(self.sold[self.of_series[rows], rows].sum() / self.outcomes[0].demand[rows].sum())

    def frontier(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fill rates, rising, and the least cost at which any settings of the groups reach each."""
        count = len(self.chosen)
        of = [rows[self.groups[rows] == group] for group in range(count)]
        cost, sold = (
            reduce(np.add.outer, [values[:, some].sum(axis=1) for some in of]).ravel()
            for values in (self.cost, self.sold)
        )
        order = np.argsort(sold, kind="stable")
        least = np.minimum.accumulate(cost[order][::-1])[::-1]
        return sold[order] / self.outcomes[0].demand[rows].sum(), least

    def at_fill(self, fill: float, rows: np.ndarray) -> float:
        """Cost of the series drawn at that fill rate, between settings on the line; the dearest where none has it."""
        return float(np.interp(fill, *self.frontier(rows)))


@dataclass(frozen=True)
class Floor:
    """A simple policy: `make(begin, setting)` for a replay that begins at a day of the history."""

    make: Callable[[int, float], Orderer]
    settings: Sequence[float]


@dataclass(frozen=True)
class Contest:
    """Where policies meet: `replay(begin)` from a day of the history on; `groups` (series,) of goods of one kind."""

    replay: Callable[[int], Replay]
    terms: Terms
    policy: Policy
    groups: np.ndarray

    def floors(self, simple: Mapping[str, Floor], before: int, begin: int) -> dict[str, Swept]:
        """Floors in the replay from `begin` on, each group at the setting that cost least in that from `before` on.

        And `best_of_them`: of each group the floor and setting that did.
        """
        found: dict[str, tuple[Swept, Swept]] = {}
        for name, floor in simple.items():
            earlier, later = (
                self.sweep(day, partial(floor.make, day), floor.settings, self.groups) for day in (before, begin)
            )
            found[name] = (earlier, later)
        earlier, later = zip(*found.values(), strict=True)
        found["best_of_them"] = (_together(earlier), _together(later))
        return {name: self._tuned(*both) for name, both in found.items()}

    def _tuned(self, earlier: Swept, later: Swept) -> Swept:
        costs = [earlier.cost[:, self.groups == group].sum(axis=1) for group in range(len(later.chosen))]
        return replace(later, chosen=np.argmin(costs, axis=1))

    def ours(self, begin: int, make: Make, settings: Sequence[float]) -> Swept:
        """Ours at the first of the settings for all series; the others draw its frontier."""
        return self.sweep(begin, make, settings, np.zeros_like(self.groups))

    def sweep(self, begin: int, make: Make, settings: Sequence[float], groups: np.ndarray) -> Swept:
        """The outcome of each setting, of which the first one is chosen."""
        replay = self.replay(begin)
        outcomes = tuple(simulate(replay, self.terms, self.policy.review_days, make(each)) for each in settings)
        cost = np.stack([outcome.cost(self.terms, self.policy) for outcome in outcomes])
        sold = np.stack([outcome.sold for outcome in outcomes])
        return Swept(tuple(settings), cost, sold, outcomes, groups, np.zeros(int(groups.max()) + 1, dtype=np.int64))


@dataclass(frozen=True)
class Compared:
    """Costs of ours over those of floors."""

    vs_best: Span
    """Over the cheapest floor, each at its own settings."""
    vs_each: Mapping[str, Span]
    at_ours: Mapping[str, Span]
    """Over each floor's at whatever settings have the fill rate of ours in the replay itself."""
    at_theirs: Mapping[str, Span]
    """At whatever setting has the fill rate of each floor, over that floor's."""


def compare(ours: Swept, floors: Mapping[str, Swept], seed: int) -> Compared:
    """Of all series, with those of `DRAWS` resamples for the intervals."""
    count = len(ours.groups)
    rng = np.random.default_rng(seed)
    draws = [np.arange(count), *(rng.integers(0, count, count) for _ in range(DRAWS))]

    def each(ratio: Callable[[Swept, np.ndarray], float]) -> dict[str, np.ndarray]:
        return {name: np.array([ratio(floor, rows) for rows in draws]) for name, floor in floors.items()}

    vs = each(lambda floor, rows: ours.total(rows) / floor.total(rows))
    at_ours = each(lambda floor, rows: ours.total(rows) / floor.at_fill(ours.fill(rows), rows))
    at_theirs = each(lambda floor, rows: ours.at_fill(floor.fill(rows), rows) / floor.total(rows))
    spans = ({name: _span(values) for name, values in found.items()} for found in (vs, at_ours, at_theirs))
    return Compared(_span(np.max(list(vs.values()), axis=0)), *spans)


def _together(policies: Sequence[Swept]) -> Swept:
    """One with the settings of all."""
    cost, sold = (np.concatenate([getattr(each, name) for each in policies]) for name in ("cost", "sold"))
    settings = tuple(setting for each in policies for setting in each.settings)
    outcomes = tuple(outcome for each in policies for outcome in each.outcomes)
    return replace(policies[0], settings=settings, cost=cost, sold=sold, outcomes=outcomes)


def _span(values: np.ndarray) -> Span:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return float(values[0]), float(low), float(high)
