"""What stock has to last for: demand up to the days on which orders arrive, on every path.

An order placed now arrives after its lead time; until then nothing helps. It has to last until that of a later review
arrives. Demand that finds nothing before the order arrives is lost, not met later, and is taken off what has to be met.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.stock.paths import Paths


@dataclass(frozen=True)
class Holdings:
    """(series,) units each; `due` is in how many days what is on order arrives, NaN where nobody knows."""

    on_hand: np.ndarray
    on_order: np.ndarray
    due: np.ndarray

    @property
    def position(self) -> np.ndarray:
        """On hand and on order."""
        return self.on_hand + self.on_order


@dataclass(frozen=True)
class Leads:
    """(series, paths) days: of an order placed now, of one placed at a review to come, of what is on order."""

    now: np.ndarray
    later: np.ndarray
    due: np.ndarray

    @staticmethod
    def of(now: np.ndarray, later: np.ndarray, residual: np.ndarray, holdings: Holdings) -> Leads:
        """With the days until what is on order arrives: as stated, else the share `residual` (paths,) of a lead time.

        On which day it was ordered is not known then.
        """
        known = np.isfinite(holdings.due)[:, None]
        return Leads(now, later, np.where(known, np.nan_to_num(holdings.due)[:, None], now * residual))

    def at(self, rows: np.ndarray) -> Leads:
        """Those of some of the series."""
        return Leads(self.now[rows], self.later[rows], self.due[rows])


@dataclass(frozen=True)
class Needs:
    """Units to be met from the position by some day, net of what is lost before an order placed now arrives.

    `by` is (cycles + 1, series, paths): by the arrival of that order, then of each review's after it. `spoiled` is
    (series, paths), by the end of the order's shelf life, infinite for what lasts. `lost` is what is lost before it.
    """

    by: np.ndarray
    spoiled: np.ndarray
    lost: np.ndarray

    @property
    def cycles(self) -> int:
        """Reviews that an order is looked at for."""
        return len(self.by) - 1

    def within(self, cycles: int) -> np.ndarray:
        """(series, paths) units that an order can meet until the arrival of the one `cycles` reviews later."""
        return np.minimum(self.by[cycles], self.spoiled)


def needs(paths: Paths, holdings: Holdings, leads: Leads, life: np.ndarray, review_days: int, cycles: int) -> Needs:
    """Needs up to so many cycles; an order never arrives before an earlier one."""
    lost = lost_by(leads.now, paths, holdings, leads)
    times = [leads.now, *(np.maximum(k * review_days + leads.later, leads.now) for k in range(1, cycles + 1))]
    by = np.stack([paths.upto(day) for day in times]) - lost
    last = leads.now + np.where(np.isfinite(life), life, 0.0)[:, None]
    spoiled = np.where(np.isfinite(life)[:, None], paths.upto(last) - lost, np.inf)
    return Needs(by, spoiled, lost)


def lost_by(day: np.ndarray | float, paths: Paths, holdings: Holdings, leads: Leads) -> np.ndarray:
    """(series, paths) units that find nothing up to a day, if nothing more is ordered.

    What runs out before the order on its way arrives, or after it.
    """
    until = np.broadcast_to(np.asarray(day, dtype=np.float64), leads.due.shape)
    before = np.maximum(paths.upto(np.minimum(leads.due, until)) - holdings.on_hand[:, None], 0.0)
    after = np.maximum(paths.upto(until) - holdings.position[:, None], 0.0)
    return np.where(leads.due <= until, np.maximum(before, after), before)
