"""Whose basket the report shows: a household that buys much and often, with a basket of things that many buy."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import ibis
from ibis import _

from cli.report.model import Product
from lake import Lake

RECENT_DAYS = 28
_LEAST_ORDERS = 4
_LEAST_VARIETY = 100
_READABLE = range(8, 13)
"""Products of a basket that is worth looking at and fits on a page."""


@dataclass(frozen=True)
class Basket:
    """One order: its distinct products that the catalogue names, in the order of their ids."""

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
    """Known customers' orders of the last `RECENT_DAYS` before `as_of`, the oldest first, by what has a name."""
    lines = lake.table("order_lines", since=as_of - timedelta(days=RECENT_DAYS), until=as_of - timedelta(days=1))
    named = lake.table("products").filter(_.name.notnull())
    sold = lines.filter(_.kind == "sale", _.customer_id.notnull())
    orders = (
        sold.semi_join(named, "product_id")
        .group_by("order_id", "customer_id")
        .agg(at=_.ordered_at.max(), products=_.product_id.collect(distinct=True))
    )
    rows = orders.order_by("at", "order_id").to_pyarrow().to_pylist()
    return [Basket(**row | {"products": tuple(sorted(row["products"]))}) for row in rows]


def choose(found: Iterable[Basket]) -> Household:
    """Of customers with several orders and many different products, whose last basket can be read at a glance, the one
    whose basket is the most usual: by the median of how many baskets of the shop hold its products.

    The same baskets, the oldest first, always give the same household. Raises `LookupError` where there is none.
    """
    by_customer: dict[str, list[Basket]] = defaultdict(list)
    sold: Counter[str] = Counter()
    for basket in found:
        by_customer[basket.customer_id].append(basket)
        sold.update(basket.products)
    rich = [household for own in by_customer.values() if (household := _rich(own, sold))]
    if not rich:
        raise LookupError(
            f"no customer has {_LEAST_ORDERS} orders, {_LEAST_VARIETY} different products and a last basket of "
            f"{_READABLE[0]} to {_READABLE[-1]}"
        )
    return max(rich, key=lambda one: (median(sold[product] for product in one.basket.products), one.customer_id))


def products(lake: Lake, wanted: Iterable[str], as_of: date) -> dict[str, Product]:
    """What the catalogue said of products before `as_of`; those that it lacks are named by their ids."""
    ids = set(wanted)
    known = _.updated_at < ibis.timestamp(as_of.isoformat())
    rows = lake.table("products").filter(known, _.product_id.isin(sorted(ids))).order_by("updated_at")
    found = {row["product_id"]: _product(row) for row in rows.to_pyarrow().to_pylist()}
    return {id_: Product(id_, id_) for id_ in ids} | found


def _rich(own: list[Basket], sold: Counter[str]) -> Household | None:
    last, variety = own[-1], len({product for basket in own for product in basket.products})
    if len(own) < _LEAST_ORDERS or variety < _LEAST_VARIETY or len(last.products) not in _READABLE:
        return None
    known_for = max(last.products, key=lambda product: (sold[product], product))
    return Household(last.customer_id, len(own), variety, last, known_for)


def _product(row: dict[str, Any]) -> Product:
    size = json.loads(row["attributes"] or "{}").get("package_size")
    about = ", ".join(text for text in (row["brand"], size) if text)
    return Product(row["product_id"], row["name"] or row["product_id"], about)
