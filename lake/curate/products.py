"""Product and order events of a day → rows of `products`: what the day's events said of each product.

A row is valid from the day's midnight UTC on and holds the day's last word on each attribute, so that it depends on
the set of that day's events alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from commerce.events import PROPERTIES
from commerce.events.ecommerce import Cart, CheckoutStarted, Order, OrderWithLines, Product, ProductList
from lake.curate.amounts import money, text

Event = dict[str, Any]
Row = dict[str, Any]

_ONE = tuple(name for name, model in PROPERTIES.items() if model is Product)
_MANY = tuple(
    name for name, model in PROPERTIES.items() if model in (Cart, CheckoutStarted, Order, OrderWithLines, ProductList)
)
NAMES = (*_ONE, *_MANY)
"""Events that say something of products."""


def derive(events: Iterable[Event]) -> list[Row]:
    """Rows of `products`; `events` must be all of a day's for the days they are on."""
    rows: dict[tuple[str, datetime], Row] = {}
    for event in sorted(events, key=lambda e: (e["timestamp"], e["message_id"])):
        p = event["properties"]
        midnight = datetime.combine(event["timestamp"].date(), time(), UTC)
        for product in [p] if event["name"] in _ONE else p.get("products") or ():
            if (product_id := text(product.get("product_id"))) is None:
                continue
            said: Row = {c: text(product.get(c)) for c in ("name", "brand", "category")}
            price = money(product.get("price"))
            if price is not None:
                said |= {"price": price, "currency": text(product.get("currency")) or text(p.get("currency"))}
            said = {c: v for c, v in said.items() if v is not None}
            if said:
                row = rows.setdefault((product_id, midnight), {"product_id": product_id, "updated_at": midnight})
                row |= said
    return list(rows.values())
