"""Several origins at once: every table of what was known has the origin's number as a key.

One pass over the sales makes the features of them all. Asked origin by origin, an engine would read the same rows
again, and Ibis would spell the same question again, which for a small shop takes longer than its answer.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
from ibis import _

from commerce.families.demand.parameters import DAYS, DemandParameters
from training.demand.periods import Periods

ORIGIN = "origin"
SECONDS = 86400


@dataclass(frozen=True, slots=True)
class Origins:
    """Origins of one frequency and horizon; `as_of` has the day that each forecast is made on, in the same order."""

    as_of: tuple[date, ...]
    each: tuple[Periods, ...]

    @staticmethod
    def at(as_of: Sequence[date], parameters: DemandParameters) -> Origins:
        """Of forecasts made on these days, of which there must be one."""
        return Origins(tuple(as_of), tuple(Periods.at(day, parameters) for day in as_of))

    @property
    def numbers(self) -> list[int]:
        """The number of each origin's first period, each once."""
        return sorted({periods.first for periods in self.each})

    @property
    def first(self) -> Periods:
        """The earliest."""
        return min(self.each, key=lambda periods: periods.first)

    @property
    def last(self) -> Periods:
        """The latest."""
        return max(self.each, key=lambda periods: periods.first)

    @property
    def frequency(self) -> str:
        """Length of a period."""
        return self.last.frequency

    @property
    def days(self) -> int:
        """Days of a period."""
        return DAYS[self.frequency]

    @property
    def horizon(self) -> int:
        """Steps of every forecast."""
        return self.last.horizon

    def crossed(self, table: ibis.Table) -> ibis.Table:
        """The rows once for each origin."""
        # Numbers made by the engine: a table from here would need a Python on each of Spark's workers.
        return table.mutate(**{ORIGIN: ibis.array([ibis.literal(n, "int64") for n in self.numbers]).unnest()})

    def next_after(self, period: ibis.Value, *, back: int = 0) -> ibis.Value:
        """The first number after the period of those of the origins and, with `back`, so many periods before them.

        Empty where there is none.
        """
        numbers = sorted({number - less for number in self.numbers for less in (0, back)})
        return ibis.cases(*((period < n, ibis.literal(n, "int64")) for n in numbers), else_=ibis.null("int64"))

    def aged(self, table: ibis.Table) -> ibis.Table:
        """Rows of periods (`period`) before each origin, with their `age` in place of it."""
        return self.crossed(table).filter(_.period < _.origin).mutate(age=_.origin - 1 - _.period).drop("period")

    def known(self, table: ibis.Table, column: str) -> ibis.Table:
        """Rows whose timestamp is before each origin."""
        starts = (_.origin * self.days - self.last.shift) * SECONDS
        return self.crossed(table).filter(_[column].truncate("s").epoch_seconds() < starts)

    def numbered(self, column: str) -> ibis.Value:
        """Number of the period that holds the timestamp."""
        day = _[column].truncate("s").epoch_seconds() // SECONDS
        return ((day + self.last.shift) // self.days).cast("int64")
