"""What came after a day: what was bought, and what of the products that were shown."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
from ibis import _

from commerce.families.recommendations import FAMILY
from training.contract import ENTITY, ITEM, LABEL, Source
from training.recommendations import response, tables

TAKEN_DAYS = 7
"""A purchase so many days after a product was shown is taken to answer it."""
_PAIR = ["customer_id", "product_id"]


def labels(source: Source, since: date, days: int, before: ibis.Table) -> ibis.Table:
    """One row per pair of customer and product that was bought or shown in the `days` from `since` on.

    `before` are the lines (customer_id, product_id, at) earlier than that; pairs of other products are left out.
    Columns: `entity_id`, `item_id`, `label` (1 bought, else 0), `new` (1 where the customer never bought it before),
    `first_sold` (days before `since`), and `response.COLUMNS`, empty where the product was not shown.
    """
    products = before.group_by("product_id").agg(first=_.at.min().truncate("s").epoch_seconds())
    bought = tables.later(source, since, days).mutate(bought=ibis.literal(1.0))
    shown = responses(source, since, days)
    known = before.select(*_PAIR).distinct().mutate(had=ibis.literal(1))
    # Cast, because a union wants columns to agree on whether they may be empty.
    either = (table.select(**{key: table[key].cast("string") for key in _PAIR}) for table in (bought, shown))
    pairs = ibis.union(*either, distinct=True).join(products, "product_id")
    for table in (bought, shown, known):
        pairs = pairs.left_join(table, _PAIR).drop(*(f"{key}_right" for key in _PAIR))
    end = int((tables.moment(since) - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001 (as the lake's)
    return pairs.select(
        *response.COLUMNS,
        **{ENTITY: _.customer_id, ITEM: _.product_id, LABEL: _.bought.fill_null(0.0)},
        new=_.had.isnull().cast("float32"),
        first_sold=((end - _["first"]) / 86400.0).cast("float32"),
    )


def responses(source: Source, since: date, days: int) -> ibis.Table:
    """(customer_id, product_id, place, propensity, taken): products shown to customers from `since` on, once each.

    `place` and `propensity` (1 where none was recorded) are those of the first time; `taken` is 1 where the customer
    bought the product within `TAKEN_DAYS` after it. All that, purchases included, lies within the `days`.
    """
    recent = tables.between(
        source.table("exposures").filter(
            _.family == FAMILY.name, _.customer_id.notnull(), _.item_id.notnull(), _.position >= 1
        ),
        "occurred_at",
        since + timedelta(days=days - TAKEN_DAYS),
        days - TAKEN_DAYS,
    )
    order = ["occurred_at", "exposure_id", "position"]
    nth = ibis.row_number().over(ibis.window(group_by=["customer_id", "item_id"], order_by=order))
    first = recent.mutate(nth=nth).filter(_.nth == 0)
    shown = first.select(
        "customer_id",
        product_id=_.item_id,
        place=_.position.cast("float32"),
        propensity=_.propensity.fill_null(1.0).cast("float32"),
        second=_.occurred_at.truncate("s").epoch_seconds(),
    )
    bought = tables.interactions(source, since + timedelta(days=days), days).filter(_.customer_id.notnull())
    lines = bought.select("customer_id", "product_id", bought=_.at.truncate("s").epoch_seconds())
    met = shown.join(lines, ["customer_id", "product_id"])
    after = met.mutate(waited=_.bought - _.second).filter(_.waited >= 0, _.waited < TAKEN_DAYS * 86400)
    taken = after.select("customer_id", "product_id").distinct().mutate(one=ibis.literal(1.0).cast("float32"))
    found = shown.left_join(taken, ["customer_id", "product_id"])
    return found.select("customer_id", "product_id", "place", "propensity", taken=_.one.fill_null(0.0))
