"""Replays history day by day with the orders that a policy would have placed, and counts what came of them.

Each day what is due arrives, on days of review the policy orders, the day's demand is met from the oldest units, and
what reaches the end of its shelf life is thrown away. Demand that finds nothing is lost, not met later. A policy knows
what it is told, stock and orders, and what it took of the past itself; the lead time of its orders it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.stock.terms import Policy, Terms


@dataclass(frozen=True)
class Shelf:
    """What a policy is told at a review, (series,) units."""

    day: int
    on_hand: np.ndarray
    on_order: np.ndarray


Orderer = Callable[[Shelf], np.ndarray]
"""(series,) units to order."""


@dataclass(frozen=True)
class Replay:
    """The past that policies are tried on: `demand` in units and `leads` are (series, days), `opening` stock (series,).

    `leads` are the days that an order placed on that day takes, the same for every policy. Days before `counted` warm
    up and are not counted.
    """

    demand: np.ndarray
    leads: np.ndarray
    opening: np.ndarray
    counted: int


@dataclass(frozen=True)
class Outcome:
    """(series,) sums over the days counted, units but for `orders` and counts of reviews."""

    demand: np.ndarray
    sold: np.ndarray
    held: np.ndarray
    """Units on hand at the end of a day, summed over days."""
    wasted: np.ndarray
    orders: np.ndarray
    reviews: np.ndarray
    """Times from one review to the next, and those of them that lost no sale."""
    served: np.ndarray
    days: int

    def cost(self, terms: Terms, policy: Policy) -> np.ndarray:
        """(series,) money: holding, sales lost, waste and orders."""
        lost = (self.demand - self.sold) * terms.shortage(policy)
        spoiled = self.wasted * terms.waste(policy)
        return self.held * terms.holding(policy) + lost + spoiled + self.orders * policy.ordering_cost


def simulate(replay: Replay, terms: Terms, review_days: int, orderer: Orderer) -> Outcome:
    """What came of a policy that may order every `review_days` days, from day 0 on."""
    series, days = replay.demand.shape
    arriving = np.zeros((series, days + 1))
    shelf = Stock(replay.opening, terms.life)
    on_order = np.zeros(series)
    sums = {name: np.zeros(series) for name in ("demand", "sold", "held", "wasted", "orders", "reviews", "served")}
    missed = np.zeros(series, dtype=bool)
    for day in range(days):
        shelf.add(arriving[:, day])
        on_order -= arriving[:, day]
        ordered = np.zeros(series)
        if day % review_days == 0:
            missed[:] = False
            ordered = np.maximum(orderer(Shelf(day, shelf.units(), on_order.copy())), 0.0)
            due = np.minimum(day + replay.leads[:, day].astype(np.int64), days)
            at_once = due == day
            shelf.add(np.where(at_once, ordered, 0.0))
            np.add.at(arriving, (np.flatnonzero(~at_once), due[~at_once]), ordered[~at_once])
            on_order += np.where(at_once, 0.0, ordered)
        sold = shelf.sell(replay.demand[:, day])
        wasted = shelf.age()
        missed |= sold < replay.demand[:, day]
        if day < replay.counted:
            continue
        closes = (day + 1) % review_days == 0
        found = (replay.demand[:, day], sold, shelf.units(), wasted, ordered > 0, closes, closes & ~missed)
        for name, value in zip(sums, found, strict=True):
            sums[name] += value
    return Outcome(**sums, days=days - replay.counted)


class Stock:
    """Units of each series by the days they can still be sold; those that last stand in a column of their own."""

    def __init__(self, opening: np.ndarray, life: np.ndarray) -> None:
        """`opening` (series,) units, fresh; `life` (series,) days from arrival, infinite for what lasts."""
        lasts = ~np.isfinite(life)
        most = int(life[~lasts].max()) if (~lasts).any() else 0
        self._column = np.where(lasts, most, np.maximum(np.where(lasts, 1, life), 1).astype(np.int64) - 1)
        self._rows = np.arange(len(life))
        self._units = np.zeros((len(life), most + 1))
        self.add(opening)

    def units(self) -> np.ndarray:
        """(series,) on hand."""
        return self._units.sum(axis=1)

    def add(self, units: np.ndarray) -> None:
        """Fresh units arrive."""
        self._units[self._rows, self._column] += units

    def sell(self, demand: np.ndarray) -> np.ndarray:
        """(series,) units sold of what is asked for, the oldest first."""
        sold = np.minimum(demand, self.units())
        older = np.cumsum(self._units, axis=1) - self._units
        self._units -= np.clip(sold[:, None] - older, 0.0, self._units)
        return sold

    def age(self) -> np.ndarray:
        """(series,) units that reach the end of their shelf life with the day."""
        if self._units.shape[1] == 1:
            return np.zeros(len(self._units))
        spoiled = self._units[:, 0].copy()
        self._units[:, :-1] = np.column_stack([self._units[:, 1:-1], np.zeros(len(self._units))])
        return spoiled
