"""Whose basket the report shows: a household that buys much and often, though not the one that does so most."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import ibis
from ibis import _

from cli.report.model import Product
from lake import Lake

RECENT_DAYS = 28
_LEAST_ORDERS = 4
_READABLE = range(6, 13)
"""Products of a basket that is worth looking at and fits on a page."""
_QUANTILE = 0.9


@dataclass(frozen=True)
class Basket:
    """One order: its distinct products, in the order of their ids."""

    order_id: str
    customer_id: str
    at: datetime
    products: tuple[str, ...]


@dataclass(frozen=True)
class Household:
    """Who is shown: orders and distinct products of the last `RECENT_DAYS`, and the last of the orders.

    `known_for` is the product of that basket that most baskets of the shop held.
    """

    customer_id: str
    orders: int
    variety: int
    basket: Basket
    known_for: str


def baskets(lake: Lake, as_of: date) -> list[Basket]:
    """Every known customer's orders of the last `RECENT_DAYS` before `as_of`, the oldest first."""
    lines = lake.table("order_lines", since=as_of - timedelta(days=RECENT_DAYS), until=as_of - timedelta(days=1))
    sold = lines.filter(_.kind == "sale", _.customer_id.notnull())
    orders = sold.group_by("order_id", "customer_id").agg(
        at=_.ordered_at.max(), products=_.product_id.collect(distinct=True)
    )
    rows = orders.order_by("at", "order_id").to_pyarrow().to_pylist()
    return [Basket(**row | {"products": tuple(sorted(row["products"]))}) for row in rows]


def choose(found: Iterable[Basket]) -> Household:
    """Of those with several orders whose last basket can be read at a glance, the one at the 90th percentile of
    different products. The same baskets, the oldest first, always give the same household.

    Raises `LookupError` where there is none.
    """
    by_customer: dict[str, list[Basket]] = defaultdict(list)
    sold: Counter[str] = Counter()
    for basket in found:
        by_customer[basket.customer_id].append(basket)
        sold.update(basket.products)
    rich = [own for own in by_customer.values() if len(own) >= _LEAST_ORDERS and len(own[-1].products) in _READABLE]
    if not rich:
        raise LookupError(f"no customer has {_LEAST_ORDERS} orders, the last of {_READABLE[0]} products or a few more")
    ordered = sorted((len({p for basket in own for p in basket.products}), customer(own)) for own in rich)
    variety, chosen = ordered[round(_QUANTILE * (len(ordered) - 1))]
    own = by_customer[chosen]
    known_for = max(own[-1].products, key=lambda product: (sold[product], product))
    return Household(chosen, len(own), variety, own[-1], known_for)


def products(lake: Lake, wanted: Iterable[str], as_of: date) -> dict[str, Product]:
    """What the catalogue said of products before `as_of`; those that it lacks are named by their ids."""
    ids = set(wanted)
    known = _.updated_at < ibis.timestamp(as_of.isoformat())
    rows = lake.table("products").filter(known, _.product_id.isin(sorted(ids))).order_by("updated_at")
    found = {row["product_id"]: _product(row) for row in rows.to_pyarrow().to_pylist()}
    return {id_: Product(id_, id_) for id_ in ids} | found
