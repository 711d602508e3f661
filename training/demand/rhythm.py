"""Whether what is to be forecast by days was booked by days: weekly totals would be learned as one day's demand."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import date

from ibis import _

from training.contract import Source
from training.demand.periods import WEEK_DAYS
from training.demand.sales import PLACE, bought

LEAST_DAYS = 8
"""Days with a sale from which on a series' weekdays say something."""
MOST_SHARE = 0.1
"""Of such series: more that sell on one weekday alone are worth a look."""


def doubts(source: Source, as_of: date, by_location: bool) -> list[str]:
    """A sentence where many series have all of their sales on one weekday; a shop may mean it, so no error."""
    days = bought(source, as_of, by_location).select(*PLACE, "day").distinct()
    series = days.group_by(*PLACE).aggregate(days=_.count(), weekdays=(_.day % WEEK_DAYS).nunique())
    often = series.filter(_.days >= LEAST_DAYS)
    found = often.aggregate(every=_.count(), weekly=(_.weekdays == 1).sum()).to_pandas().fillna(0).iloc[0]
    every, weekly = int(found["every"]), int(found["weekly"])
    if weekly <= MOST_SHARE * every:
        return []
    return [
        f"{weekly:,} of {every:,} series sell on one weekday alone: if these are weekly totals, set frequency = week, "
        "load them by day, or leave them out (left_out)"
    ]
