"""What was sold, as a sparse table: one row per product, location and period in which something sold.

Demand is what customers bought: lines of kind `sale` with a positive quantity. What came back does not lower it, and
periods without a sale are zeros that need no row.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
import pandas as pd
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from training.contract import Source
from training.demand.origins import ORIGIN, SECONDS, Origins
from training.demand.periods import EPOCH

PLACE = ("product_id", "location_id")
SERIES = (ORIGIN, *PLACE)
"""A series as it was known at an origin."""


def sold(source: Source, origins: Origins, by_location: bool) -> ibis.Table:
    """(*SERIES, age, quantity, paid): periods with demand before each origin; `paid` in the shop's currency."""
    return origins.aged(by_period(source, origins, by_location, origins.last.origin))


def by_period(source: Source, origins: Origins, by_location: bool, end: date) -> ibis.Table:
    """(*PLACE, period, quantity, paid): numbered periods with demand, those before the day `end`, on which one begins.

    No row of it is known at an origin but those of which `before` or `Origins.aged` tells the age.
    """
    known = _lines(source).filter(_.ordered_at < midnight(end))
    placed = known.mutate(location_id=location(_.store_id, by_location), period=origins.numbered("ordered_at"))
    return placed.group_by(*PLACE, "period").aggregate(
        quantity=_.quantity.sum(), paid=_.total.cast("float64").fill_null(0.0).sum()
    )


def before(periods: ibis.Table, series: ibis.Table, on: tuple[str, ...] = PLACE) -> ibis.Table:
    """Rows of `periods` (*on, period, …) before the origin of each of the `series` (origin, *on), with their `age`.

    `Origins.aged` of those alone: nothing is made once for every origin that few are asked of.
    """
    seen = series.select(ORIGIN, *on).distinct().inner_join(periods, list(on))
    return seen.filter(_.period < _.origin).mutate(age=_.origin - 1 - _.period).drop("period")


def after(periods: ibis.Table, series: ibis.Table, horizon: int) -> ibis.Table:
    """(*SERIES, step, quantity): rows of `periods` (`by_period`) within the horizon of each of the `series`."""
    seen = series.select(*SERIES).inner_join(periods, list(PLACE))
    stepped = seen.mutate(step=(_.period - _.origin + 1).cast("int64"))
    return stepped.filter(_.step >= 1, _.step <= horizon).select(*SERIES, "step", "quantity")


def later(source: Source, origins: Origins, by_location: bool) -> ibis.Table:
    """(*SERIES, step, quantity): demand from each origin on, in the periods of the horizon."""
    after = _lines(source).filter(
        _.ordered_at >= midnight(origins.first.origin),
        _.ordered_at < midnight(origins.last.end),
    )
    placed = after.mutate(location_id=location(_.store_id, by_location), period=origins.numbered("ordered_at"))
    summed = placed.group_by(*PLACE, "period").aggregate(quantity=_.quantity.sum())
    stepped = origins.crossed(summed).mutate(step=(_.period - _.origin + 1).cast("int64")).drop("period")
    return stepped.filter(_.step >= 1, _.step <= origins.horizon)


def extent(source: Source, before: date, by_location: bool) -> tuple[date | None, int]:
    """Day of the first sale before `before`, None without one, and how many series there are."""
    each = bought(source, before, by_location).group_by(*PLACE).aggregate(day=_.day.min())
    found = each.aggregate(first=_.day.min(), series=_.count()).to_pandas().iloc[0]
    return (None if pd.isna(found["first"]) else EPOCH + timedelta(days=int(found["first"]))), int(found["series"])


def bought(source: Source, before: date, by_location: bool) -> ibis.Table:
    """(*PLACE, day): a row per line bought before `before`; days since 1970."""
    lines = _lines(source).filter(_.ordered_at < midnight(before))
    day = _.ordered_at.truncate("s").epoch_seconds() // SECONDS
    return lines.select("product_id", location_id=location(_.store_id, by_location), day=day)


def location(store: ibis.Value, by_location: bool) -> ibis.Value:
    """The location that a store's rows belong to; those without a store belong to the whole shop."""
    everywhere = ibis.literal(EVERYWHERE)
    return ibis.coalesce(store, everywhere) if by_location else everywhere


def midnight(day: date) -> datetime:
    """The instant at which a day begins, UTC without a zone as the lake's tables show time."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (the lake's timestamps are UTC without a zone)


def beside(left: ibis.Table, right: ibis.Table, on: tuple[str, ...]) -> ibis.Table:
    """Left join on equal names, each once."""
    return left.left_join(right, list(on)).drop(*(f"{name}_right" for name in on))


def _lines(source: Source) -> ibis.Table:
    return source.table("order_lines").filter(_.kind == "sale", _.quantity > 0)
