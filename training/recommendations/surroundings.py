"""What surrounds a customer and a product before a moment: habits, popularity, categories.

`bought` is `buy_again.purchases`. Popularity is counted in customers, not lines: one household's bulk is no trend.
`level` is a column of product attributes (a category, a product type); products without a value share none.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
from ibis import _

RECENT = (7, 28, 84)

CUSTOMER = ("visits", "visits_28", "last_visit", "distinct_products", "lines_per_visit")
PRODUCT = (
    *(f"buyers_{w}" for w in RECENT),
    "buyers",
    "first_sold",
    "bought_again",
    "trend_short",
    "trend_long",
)


def level_columns(level: str) -> tuple[str, ...]:
    """Columns that `levels` adds for one level."""
    return tuple(f"{level}_{name}" for name in ("recency", "decayed_28", "decayed_182", "products", "share"))


def customers(bought: ibis.Table) -> ibis.Table:
    """One row per customer; columns `CUSTOMER`."""
    counted = bought.group_by("customer_id").aggregate(
        visits=_.age.nunique(),
        visits_28=_.age.nunique(where=_.age < 28),
        last_visit=_.age.min(),
        distinct_products=_.product_id.nunique(),
        lines=_.count(),
    )
    return counted.mutate(lines_per_visit=_.lines / _.visits).drop("lines")


def products(bought: ibis.Table) -> ibis.Table:
    """One row per product; columns `PRODUCT`. `bought_again` is the share of its customers who bought it twice."""
    pairs = bought.group_by("product_id", "customer_id").aggregate(last=_.age.min(), first=_.age.max(), days=_.count())
    counted = pairs.group_by("product_id").aggregate(
        **{f"buyers_{w}": (_["last"] < w).cast("int64").sum() for w in RECENT},
        buyers=_.count(),
        first_sold=_["first"].max(),
        bought_again=(_.days > 1).cast("float64").mean(),
    )
    return counted.mutate(
        trend_short=(_.buyers_7 + 1.0) / (_.buyers_28 + 4.0), trend_long=(_.buyers_28 + 1.0) / (_.buyers + 10.0)
    )


def habits(bought: ibis.Table, attributes: ibis.Table, level: str) -> ibis.Table:
    """(customer_id, level, ...): how lately and often each customer bought in each value of a level."""
    placed = bought.join(attributes.select("product_id", level).filter(_[level].notnull()), "product_id")
    names = level_columns(level)
    return placed.group_by("customer_id", level).aggregate(
        **{
            names[0]: _.age.min(),
            names[1]: (-_.age / 28.0).exp().sum(),
            names[2]: (-_.age / 182.0).exp().sum(),
            names[3]: _.product_id.nunique(),
        }
    )


def shares(popular: ibis.Table, attributes: ibis.Table, level: str) -> ibis.Table:
    """(product_id, level, share): the product's part of its level's recent buyers; `popular` is `products`."""
    placed = popular.join(attributes.select("product_id", level).filter(_[level].notnull()), "product_id")
    total = placed.buyers_28.sum().over(ibis.window(group_by=level))
    return placed.select("product_id", level, **{level_columns(level)[4]: placed.buyers_28 / (total + 1.0)})
