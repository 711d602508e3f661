"""Periods: days or weeks from Monday, numbered since 1970, and the steps of a forecast ahead of its origin.

The *origin* is the first day of the period that holds the as-of date: step 1 of the forecast. Rows before the origin
are known, so that the last period known is a whole one. The *age* of a period is 0 for the last one before the origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from commerce.families.demand.parameters import DAYS, DemandParameters

EPOCH = date(1970, 1, 1)
_SHIFT = {"day": 0, "week": 3}
"""1970-01-01 was a Thursday: so many days after a Monday."""
_YEAR = {"day": 364, "week": 52}
"""A year in periods, cut to whole weeks, so that weekdays meet weekdays."""
_AROUND_YEAR = {"day": 3, "week": 1}
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of one frequency, as seen from the origin of a forecast."""

    frequency: str
    origin: date
    horizon: int

    @staticmethod
    def at(as_of: date, parameters: DemandParameters) -> Periods:
        """Those of a forecast made on the day `as_of`."""
        return Periods(parameters.frequency, start(as_of, parameters.frequency), parameters.horizon)

    @property
    def days(self) -> int:
        """Days of a period."""
        return DAYS[self.frequency]

    @property
    def shift(self) -> int:
        """Days to add to a day's number before it is divided into periods."""
        return _SHIFT[self.frequency]

    @property
    def first(self) -> int:
        """Number of the period that is step 1."""
        return ((self.origin - EPOCH).days + self.shift) // self.days

    @property
    def end(self) -> date:
        """The day after the last period of the forecast."""
        return self.starts_on(self.horizon + 1)

    @property
    def year(self) -> int:
        """Periods in a year."""
        return _YEAR[self.frequency]

    @property
    def around(self) -> int:
        """Periods on either side of the same one a year ago that are its season."""
        return _AROUND_YEAR[self.frequency]

    def starts_on(self, step: int) -> date:
        """First day of the step's period, from 1 on."""
        return self.origin + timedelta(days=self.days * (step - 1))

    def steps(self) -> pd.DataFrame:
        """One row per step: `step`, its calendar and its `position`.

        That is the age, below 7, of the latest day of the same weekday; 0 for weeks.
        """
        rows = []
        for step in range(1, self.horizon + 1):
            first = self.starts_on(step)
            middle = first + timedelta(days=self.days // 2)
            rows.append(
                {
                    "step": step,
                    "weekday": first.weekday(),
                    "day_of_month": middle.day,
                    "week_of_year": middle.isocalendar().week,
                    "position": -step % WEEK_DAYS if self.days == 1 else 0,
                }
            )
        return pd.DataFrame(rows).astype("int64")


def start(day: date, frequency: str) -> date:
    """First day of the period that holds `day`."""
    return day - timedelta(days=day.weekday()) if frequency == "week" else day
