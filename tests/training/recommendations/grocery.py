"""A made-up grocer whose customers have habits and tastes, so that there is something to learn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import ibis
import numpy as np

from lake.schema import arrow_schema, from_records

FIRST, LAST = date(2025, 1, 1), date(2025, 9, 1)
"""The first day of the history and the day after its last."""
CUSTOMERS, PRODUCTS, AISLES = 120, 60, 6
PARAMETERS = {"horizon_days": 28, "least_lines": 3, "own": 20, "new": 30, "popular": 10, "dates": 2}


@dataclass(frozen=True)
class Tables:
    """Tables by name, as the lake shows them: timestamps without a zone, and empty where nothing was written."""

    tables: dict[str, ibis.Table]

    def table(self, name: str) -> ibis.Table:
        return self.tables[name] if name in self.tables else _plain(ibis.memtable(arrow_schema(name).empty_table()))


def product(number: int) -> str:
    return f"p{number:03d}"


def records(seed: int = 3) -> dict[str, list[dict]]:
    """Rows of order_lines, products, events and stock."""
    rng = np.random.default_rng(seed)
    lines: list[dict] = []
    events: list[dict] = []
    for customer in range(CUSTOMERS):
        aisle = customer % AISLES
        favourites = aisle + AISLES * rng.choice(PRODUCTS // AISLES, 4, replace=False)
        gaps = rng.uniform(8, 25, 4)
        due = rng.uniform(0, 25, 4)
        day = float(rng.uniform(0, 7))
        while day < (LAST - FIRST).days:
            bought = [int(f) for f, when in zip(favourites, due, strict=True) if when <= day]
            due = np.where(due <= day, day + gaps * rng.uniform(0.8, 1.2, 4), due)
            if rng.random() < 0.5:
                bought.append(int(aisle + AISLES * rng.integers(PRODUCTS // AISLES)))
            if rng.random() < 0.1:
                bought.append(int(rng.integers(PRODUCTS)))
            at = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(days=day)
            lines += _order(f"o{customer}-{len(lines)}", f"c{customer}", at, dict.fromkeys(bought))
            events += _visit(f"v{customer}", at, bought, len(events))
            day += float(rng.uniform(4, 9))
    return {"order_lines": lines, "products": _products(), "events": events, "stock": _stock()}


def source(rows: dict[str, list[dict]] | None = None) -> Tables:
    """The tables of `records`, or of these rows."""
    listed = (rows or records()).items()
    return Tables({name: _plain(ibis.memtable(from_records(name, records))) for name, records in listed})


def _plain(table: ibis.Table) -> ibis.Table:
    times = [c for c, kind in table.schema().items() if kind.is_timestamp()]
    return table.mutate(**{c: table[c].cast("timestamp(6)") for c in times})


def _order(number: str, customer: str, at: datetime, bought: dict[int, None]) -> list[dict]:
    return [
        {
            "order_id": number,
            "line_id": str(place),
            "customer_id": customer,
            "product_id": product(each),
            "ordered_at": at,
            "kind": "sale",
            "quantity": 1.0,
            "unit_price": Decimal("2.00"),
            "discount": Decimal(0),
            "total": Decimal("2.00"),
            "currency": "EUR",
        }
        for place, each in enumerate(bought)
    ]


def _visit(visitor: str, at: datetime, seen: list[int], number: int) -> list[dict]:
    return [
        {
            "message_id": f"m{number + step}",
            "type": "track",
            "name": "Product Viewed",
            "anonymous_id": visitor,
            "timestamp": at + timedelta(minutes=step),
            "received_at": at + timedelta(minutes=step),
            "properties": json.dumps({"product_id": product(each), "price": 2}),
        }
        for step, each in enumerate(seen)
    ]


def _products() -> list[dict]:
    """The last one is new: nobody has bought it."""
    return [
        {
            "product_id": product(number),
            "updated_at": datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC),
            "name": f"aisle{number % AISLES} thing {number}",
            "brand": f"brand{number % 4}",
            "department": "food",
            "category": f"aisle{number % AISLES}",
            "subcategory": f"shelf{number % (2 * AISLES)}",
            "price": Decimal(number % 10 + 1),
            "cost": Decimal(1),
            "currency": "EUR",
            "active": number != 0,
            "attributes": json.dumps({"market": ["DE", "AT"] if number % 2 else "DE", "organic": number % 3 == 0}),
        }
        for number in range(PRODUCTS + 1)
    ]


def _stock() -> list[dict]:
    """Even products are there, odd ones are sold out."""
    at = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC) - timedelta(days=1)
    return [
        {"product_id": product(n), "location_id": "main", "counted_at": at, "quantity": 0.0 if n % 2 else 5.0}
        for n in range(PRODUCTS)
    ]
