"""What was known of a customer on the as-of date, from their orders and order lines alone.

A purchase is a day with at least one order that was not cancelled: several orders on one day are one visit (the
convention of the buy-till-you-die literature: Fader, Hardie and Lee 2005). Ages and gaps are in days, money in the
shop's currency. `decayed_<t>` is the sum of exp(−age / t) over purchases: a count that forgets with time constant t,
which tells bursts from steady rhythm where plain windows cannot.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import date, datetime

import ibis
from ibis import _

from commerce.model import FeatureField
from training.contract import ENTITY, Source

WINDOWS = (30, 90, 180, 365)
DECAYS = (15, 30, 60, 120, 240)
YEAR = 365

FIELDS: tuple[FeatureField, ...] = (
    FeatureField(name="recency", type="float64", doc="days since the last purchase"),
    FeatureField(name="tenure", type="float64", doc="days since the first purchase"),
    FeatureField(name="purchases", type="float64", doc="days with a purchase so far"),
    FeatureField(name="gap_mean", type="float64", doc="mean days between purchases; empty before the second"),
    FeatureField(name="gap_deviation", type="float64", doc="standard deviation of the gaps; empty before the third"),
    FeatureField(name="gap_longest", type="float64", doc="longest gap, days"),
    FeatureField(name="gap_last", type="float64", doc="the latest gap, days"),
    *(FeatureField(name=f"purchases_{w}", type="float64", doc=f"purchases in the last {w} days") for w in WINDOWS),
    *(FeatureField(name=f"spent_{w}", type="float64", doc=f"money spent in the last {w} days") for w in WINDOWS),
    *(FeatureField(name=f"decayed_{t}", type="float64", doc=f"sum of exp(-age/{t})") for t in DECAYS),
    FeatureField(name="purchases_year_ago", type="float64", doc="purchases in the horizon's days of the year before"),
    FeatureField(name="lines", type="float64", doc="order lines bought so far"),
    FeatureField(name="lines_90", type="float64", doc="order lines bought in the last 90 days"),
    FeatureField(name="lines_365", type="float64", doc="order lines bought in the last 365 days"),
    FeatureField(name="products", type="float64", doc="distinct products bought so far"),
    FeatureField(name="units_per_line", type="float64", doc="mean quantity of the lines bought"),
    FeatureField(name="returns", type="float64", doc="orders of which something came back, so far"),
    FeatureField(name="returned", type="float64", doc="money returned so far"),
    FeatureField(name="return_recency", type="float64", doc="days since the last return; empty without one"),
)

COUNTED = ("lines", "lines_90", "lines_365", "products", "units_per_line", "returns", "returned")
"""Zero for a customer whose orders came without lines."""


def midnight(day: date) -> datetime:
    """The instant at which an as-of date begins, UTC without a zone as the lake's tables show time."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (the lake's timestamps are UTC without a zone)


def orders(source: Source, as_of: date) -> ibis.Table:
    """(customer_id, ordered_at, value): orders of known customers placed and not cancelled before `as_of`.

    Money as float64. An order that was cancelled later still counts: on that day nobody knew.
    """
    end = midnight(as_of)
    cancelled = (_.status == "cancelled") & (_.status_at.coalesce(_.ordered_at) < end)
    placed = source.table("orders").filter(_.customer_id.notnull(), _.ordered_at < end, ~cancelled)
    return placed.select("customer_id", "ordered_at", value=_.total.cast("float64").fill_null(0.0))


def purchases(source: Source, as_of: date) -> ibis.Table:
    """(customer_id, day, at, value): one row per customer and day with a purchase before `as_of`.

    `at` is the second of the day's last purchase since 1970 (cut, not rounded: the engines would differ), `value` the
    money spent on the day.
    """
    return (
        orders(source, as_of)
        .group_by("customer_id", day=_.ordered_at.date())
        .aggregate(at=_.ordered_at.max().truncate("s").epoch_seconds(), value=_.value.sum())
    )


def baskets(source: Source, as_of: date) -> ibis.Table:
    """One row per customer with an order line before `as_of`: what was bought and what came back."""
    lines = source.table("order_lines").filter(_.customer_id.notnull(), _.ordered_at < midnight(as_of))
    aged = lines.mutate(
        age=(_seconds(as_of) - _.ordered_at.truncate("s").epoch_seconds()) / 86400.0,
        bought=_.kind == "sale",
        back=_.kind == "return",
    )
    return aged.group_by("customer_id").aggregate(
        lines=_.bought.cast("float64").sum(),
        lines_90=(_.bought & (_.age <= 90)).cast("float64").sum(),
        lines_365=(_.bought & (_.age <= YEAR)).cast("float64").sum(),
        products=_.product_id.nunique(where=_.bought).cast("float64"),
        units_per_line=_.quantity.mean(where=_.bought),
        returns=_.order_id.nunique(where=_.back).cast("float64"),
        returned=ibis.ifelse(_.back, -_.total.cast("float64"), 0.0).sum(),
        return_recency=_.age.min(where=_.back),
    )


def features(source: Source, as_of: date, active_days: int, horizon_days: int) -> ibis.Table:
    """One row per customer with a purchase in the `active_days` before `as_of`; columns `entity_id` and `FIELDS`."""
    own = ibis.window(group_by="customer_id", order_by="at")
    days = purchases(source, as_of).mutate(previous=_.at.lag().over(own))
    aged = days.mutate(age=(_seconds(as_of) - _.at) / 86400.0, gap=(_.at - _.previous) / 86400.0)
    counted = aged.group_by("customer_id").aggregate(
        recency=_.age.min(),
        tenure=_.age.max(),
        purchases=_.count().cast("float64"),
        gap_mean=_.gap.mean(),
        gap_deviation=_.gap.std(how="sample"),
        gap_longest=_.gap.max(),
        gap_last=_.gap.argmin(_.age),
        purchases_year_ago=((_.age > YEAR - horizon_days) & (_.age <= YEAR)).cast("float64").sum(),
        **{f"purchases_{w}": (_.age <= w).cast("float64").sum() for w in WINDOWS},
        **{f"spent_{w}": ibis.ifelse(_.age <= w, _.value, 0.0).sum() for w in WINDOWS},
        **{f"decayed_{t}": (-_.age / t).exp().sum() for t in DECAYS},
    )
    active = counted.filter(_.recency <= active_days).left_join(baskets(source, as_of), "customer_id")
    filled = active.mutate(**{name: _[name].fill_null(0.0) for name in COUNTED})
    return filled.select(**{ENTITY: _.customer_id}, **{f.name: _[f.name] for f in FIELDS})


def _seconds(day: date) -> int:
    return int((midnight(day) - midnight(date(1970, 1, 1))).total_seconds())
