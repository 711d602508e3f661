"""What is known of every customer before the as-of date, as `commerce.campaigns.profile.FIELDS` promises it.

Columns are the fields' paths with `__` for the dot. Days are UTC calendar days: who ordered on the day before the as-of
date ordered one day ago. Runs on DuckDB and on Spark alike.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime

import ibis
from ibis import _

from campaigns.orders import Source, completed, day_before, midnight
from commerce.campaigns.profile import FIELDS

CUSTOMER = "customer_id"
TRAITS = "customer__traits"
"""The traits as JSON text: beside the fields, since what a shop keeps is its own matter."""
YEAR = 365
_SECONDS = 86400


def column(path: str) -> str:
    """Column of the field called `path`."""
    return path.replace(".", "__")


_NOTHING = ("orders__count", "orders__spend", "bought__", "letters__")
"""What is none, rather than not known, of a customer who did nothing."""
_EMPTY = ibis.literal([], type="array<string>")

COLUMNS = (*(column(field.path) for field in FIELDS), TRAITS)


def profile(source: Source, as_of: date, wanted: Collection[str] = COLUMNS) -> ibis.Table:
    """One row per known customer: `customer_id` and the columns `wanted`; what nobody asks for is not computed.

    Known is who registered or ordered before `as_of`. Null is what is not known.
    """
    found = _known(source, as_of)
    for part, make in _PARTS.items():
        if any(name.startswith(f"{part}__") for name in wanted):
            found = found.left_join(make(source, as_of), CUSTOMER).drop(f"{CUSTOMER}_right")
    nothing: dict[str, ibis.Value] = {}
    for name in COLUMNS:
        if name in found.columns and name.startswith(_NOTHING):
            zero = _EMPTY if found[name].type().is_array() else 0
            nothing[name] = found[name].coalesce(zero)
    return found.mutate(**nothing).select(CUSTOMER, *(name for name in COLUMNS if name in wanted))


def latest_customers(source: Source, before: datetime) -> ibis.Table:
    """The newest row of `customers` of each customer before a moment, and `seen`: since when there is one."""
    known = source.table("customers").filter(_.updated_at < before)
    return _newest(known.mutate(seen=_.updated_at.min().over(ibis.window(group_by=CUSTOMER))), CUSTOMER)


def _known(source: Source, as_of: date) -> ibis.Table:
    registered = source.table("customers").filter(_.updated_at < midnight(as_of)).select(CUSTOMER)
    return registered.union(completed(source, midnight(as_of)).select(CUSTOMER), distinct=True)


def _customer(source: Source, as_of: date) -> ibis.Table:
    end = midnight(as_of)
    known = latest_customers(source, end).select(
        CUSTOMER,
        "country",
        "time_zone",
        "traits",
        created=ibis.ifelse(_.created_at < end, _.created_at, ibis.null("timestamp(6)")).coalesce(_.seen),
    )
    first = completed(source, end).group_by(CUSTOMER).aggregate(ordered=_.ordered_at.min())
    both = known.outer_join(first, CUSTOMER).mutate(**{CUSTOMER: _[CUSTOMER].coalesce(_[f"{CUSTOMER}_right"])})
    return both.select(
        CUSTOMER,
        customer__id=_[CUSTOMER],
        customer__country=_.country,
        customer__time_zone=_.time_zone,
        customer__known_days=_days_ago(ibis.least(_.created, _.ordered), as_of),
        **{TRAITS: _.traits},
    )


def _orders(source: Source, as_of: date) -> ibis.Table:
    found = completed(source, midnight(as_of)).mutate(second=_.ordered_at.truncate("s").epoch_seconds())

    def within(days: int) -> ibis.Deferred:
        return _.ordered_at >= day_before(as_of, days)

    return (
        found.group_by(CUSTOMER)
        .aggregate(
            orders__count=_.count(),
            **{f"orders__count_{d}d": within(d).cast("int64").sum() for d in (30, 90, YEAR)},
            orders__spend=_.value.sum(),
            **{f"orders__spend_{d}d": ibis.ifelse(within(d), _.value, 0.0).sum() for d in (90, YEAR)},
            orders__average=_.value.mean(),
            first=_.ordered_at.min(),
            last=_.ordered_at.max(),
            from_second=_.second.min(),
            to_second=_.second.max(),
        )
        .mutate(
            orders__first_days_ago=_days_ago(_["first"], as_of),
            orders__last_days_ago=_days_ago(_["last"], as_of),
            orders__usual_gap_days=ibis.ifelse(
                _.orders__count > 1,
                (_.to_second - _.from_second).cast("float64") / (_.orders__count - 1) / _SECONDS,
                ibis.null("float64"),
            ),
        )
        .drop("first", "last", "from_second", "to_second")
    )


def _bought(source: Source, as_of: date) -> ibis.Table:
    orders = completed(source, midnight(as_of), day_before(as_of, YEAR)).select("order_id")
    lines = source.table("order_lines").filter(
        _.customer_id.notnull(), _.kind == "sale", _.ordered_at < midnight(as_of)
    )
    catalogue = source.table("products").filter(_.updated_at < midnight(as_of))
    products = _newest(catalogue, "product_id").select("product_id", "department", "category")
    bought = lines.semi_join(orders, "order_id").select(CUSTOMER, "product_id").distinct()
    found = bought.inner_join(products, "product_id")
    return found.group_by(CUSTOMER).aggregate(
        bought__departments=_.department.collect(where=_.department.notnull(), distinct=True).sort(),
        bought__categories=_.category.collect(where=_.category.notnull(), distinct=True).sort(),
    )


def _letters(source: Source, as_of: date) -> ibis.Table:
    found = (
        source.table("messages")
        .filter(_.customer_id.notnull(), _.occurred_at < midnight(as_of), _.occurred_at >= day_before(as_of, 90))
        .mutate(letter=_.letter_id.coalesce(_.message_id))
    )
    person = ~_.machine.fill_null(False)
    recent = _.occurred_at >= day_before(as_of, 30)
    return found.group_by(CUSTOMER).aggregate(
        letters__sent_30d=_.letter.nunique(where=(_.interaction == "sent") & recent),
        letters__opened_90d=_.letter.nunique(where=(_.interaction == "opened") & person),
        letters__clicked_90d=_.letter.nunique(where=(_.interaction == "clicked") & person),
    )


_PARTS: dict[str, Callable[[Source, date], ibis.Table]] = {
    "customer": _customer,
    "orders": _orders,
    "bought": _bought,
    "letters": _letters,
}


def _newest(rows: ibis.Table, key: str) -> ibis.Table:
    newest = ibis.window(group_by=key, order_by=ibis.desc("updated_at"))
    return rows.mutate(age=ibis.row_number().over(newest)).filter(_.age == 0).drop("age")


def _days_ago(moment: ibis.Value, as_of: date) -> ibis.Value:
    """Whole UTC days from the moment's day to `as_of`."""
    return (as_of - date(1970, 1, 1)).days - moment.truncate("D").epoch_seconds() // _SECONDS
