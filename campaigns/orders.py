"""What counts as an order, once for profiles, strata and outcomes."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import ibis
from ibis import _

UNDONE = ("cancelled", "refunded")


class Source(Protocol):
    """Where tables come from: `lake.Lake`, or anything else that has tables by name."""

    def table(self, name: str) -> ibis.Table:
        """The lake table called `name`, with its declared columns."""
        ...


def midnight(day: date) -> datetime:
    """The instant at which a day begins, UTC without a zone as the lake's tables show time."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (the lake's timestamps are UTC without a zone)


def utc(moment: datetime) -> datetime:
    """A moment as the lake's tables show time; one without a zone is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def completed(source: Source, before: datetime, since: datetime | None = None) -> ibis.Table:
    """(order_id, customer_id, ordered_at, value): orders of known customers placed before `before` (and from `since`
    on) that were neither cancelled nor refunded by then. Undone later, they still count: at that moment nobody knew.

    `value` is what the customer paid, as float64 in the shop's currency. Moments as `utc` gives them.
    """
    undone = _.status.isin(UNDONE) & (_.status_at.coalesce(_.ordered_at) < before)
    placed = source.table("orders").filter(_.customer_id.notnull(), _.ordered_at < before, ~undone)
    if since is not None:
        placed = placed.filter(_.ordered_at >= since)
    return placed.select("order_id", "customer_id", "ordered_at", value=_.total.cast("float64").fill_null(0.0))


def by_customer(source: Source, before: datetime, since: datetime) -> ibis.Table:
    """(customer_id, count, spend) of each customer with a completed order from `since` on and before `before`."""
    found = completed(source, before, since)
    return found.group_by("customer_id").aggregate(count=_.count(), spend=_.value.sum())


def day_before(day: date, days: int) -> datetime:
    """Midnight, `days` days before `day`."""
    return midnight(day - timedelta(days=days))
