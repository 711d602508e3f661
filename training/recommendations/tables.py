"""What the family reads of the lake before a day: order lines, catalogue, baskets, views, sales. Nothing later.

Timestamps are UTC without a zone, days are UTC days.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
from ibis import _

from training.contract import Source

LEVELS = ("category", "subcategory")
"""Levels of the catalogue that a customer's habits are counted in."""
VISIT_GAP_SECONDS = 1800
"""So long without a look at a product ends a visit."""
_VIEWS = ("Product Viewed", "Product Clicked")
# Of an event's properties, which are JSON as text: what both engines read alike.
_PRODUCT_ID = r'"product_id"\s*:\s*"?([^",}]+)"?'


def moment(day: date) -> datetime:
    """Midnight at which a UTC day begins."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (the lake's timestamps have no zone)


def interactions(source: Source, until: date, days: int) -> ibis.Table:
    """(customer_id, product_id, at, quantity): sold lines of the `days` before `until`, anonymous ones too."""
    lines = source.table("order_lines").filter(_.kind == "sale", _.quantity > 0)
    known = between(lines, "ordered_at", until, days)
    return known.select("customer_id", "product_id", at=_.ordered_at, quantity=_.quantity)


def later(source: Source, since: date, days: int) -> ibis.Table:
    """(customer_id, product_id), distinct: what customers bought in the `days` from `since` on."""
    lines = source.table("order_lines").filter(_.kind == "sale", _.quantity > 0, _.customer_id.notnull())
    after = between(lines, "ordered_at", since + timedelta(days=days), days)
    return after.select("customer_id", "product_id").distinct()


def latest_products(source: Source, until: date) -> ibis.Table:
    """The catalogue's newest row per product before `until`."""
    rows = source.table("products").filter(_.updated_at < ibis.timestamp(until.isoformat()))
    newest = ibis.row_number().over(ibis.window(group_by="product_id", order_by=ibis.desc("updated_at")))
    return rows.mutate(newest=newest).filter(_.newest == 0).drop("newest")


def attributes(source: Source, until: date) -> ibis.Table:
    """(product_id, *LEVELS)."""
    return latest_products(source, until).select("product_id", *LEVELS)


def catalogue(source: Source, until: date, days: int) -> ibis.Table:
    """One row per product that is in the catalogue or was sold, with its last stock count summed over places."""
    columns = ("name", "brand", "department", "category", "subcategory", "active", "attributes")
    listed = latest_products(source, until)
    listed = listed.select("product_id", *columns, price=_.price.cast("float64"), cost=_.cost.cast("float64"))
    sold = interactions(source, until, days).select("product_id").distinct()
    counts = source.table("stock").filter(_.counted_at < ibis.timestamp(until.isoformat()))
    newest = ibis.row_number().over(
        ibis.window(group_by=["product_id", "location_id"], order_by=ibis.desc("counted_at"))
    )
    stock = counts.mutate(newest=newest).filter(_.newest == 0).group_by("product_id").agg(stock=_.quantity.sum())
    every = listed.select("product_id").union(sold, distinct=True)
    found = every.left_join(listed, "product_id").drop("product_id_right").left_join(stock, "product_id")
    return found.drop("product_id_right").order_by("product_id")


def baskets(source: Source, until: date, days: int) -> ibis.Table:
    """(basket, product_id), distinct: orders numbered by chance of their ids, without whose they are."""
    lines = source.table("order_lines").filter(_.kind == "sale", _.quantity > 0)
    known = between(lines, "ordered_at", until, days).select("order_id", "product_id").distinct()
    numbered = known.mutate(basket=ibis.dense_rank().over(ibis.window(order_by="order_id")))
    return numbered.select("basket", "product_id").order_by("basket", "product_id")


def views(source: Source, until: date, days: int) -> ibis.Table:
    """(visit, product_id, at): looks at products in order, by visits without whose they are.

    A visit is what one visitor looked at without a pause of `VISIT_GAP_SECONDS`.
    """
    looked = between(source.table("events").filter(_.name.isin(_VIEWS)), "timestamp", until, days)
    seen = looked.mutate(
        visitor=ibis.coalesce(_.session_id, _.anonymous_id, _.customer_id),
        product_id=_.properties.cast("string").re_extract(_PRODUCT_ID, 1),
        second=_.timestamp.truncate("s").epoch_seconds(),
    ).filter(_.visitor.notnull(), _.product_id != "")
    own = ibis.window(group_by="visitor", order_by=["second", "message_id"])
    begins = ibis.coalesce((_.second - _.second.lag().over(own)) > VISIT_GAP_SECONDS, True)
    marked = seen.mutate(begins=begins.cast("int64"))
    counted = marked.mutate(
        nth=_.begins.sum().over(ibis.window(group_by="visitor", order_by=["second", "message_id"], following=0))
    )
    numbered = counted.mutate(visit=ibis.dense_rank().over(ibis.window(order_by=["visitor", "nth"])))
    return (
        numbered.select("visit", "product_id", "second", "message_id")
        .order_by("visit", "second", "message_id")
        .select("visit", "product_id", "second")
    )


def sales(source: Source, until: date, days: int) -> ibis.Table:
    """(product_id, age, lines): lines sold per product and day; `age` in days before `until`, 0 for the last day."""
    end = int((moment(until) - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001 (as above)
    aged = interactions(source, until, days).mutate(age=(end - 1 - _.at.truncate("s").epoch_seconds()) // 86400)
    return aged.group_by("product_id", "age").agg(lines=_.count()).order_by("product_id", "age")


def between(table: ibis.Table, column: str, until: date, days: int) -> ibis.Table:
    """Rows of the `days` before `until`."""
    first, end = (ibis.timestamp(day.isoformat()) for day in (until - timedelta(days=days), until))
    return table.filter(_[column] >= first, _[column] < end)
