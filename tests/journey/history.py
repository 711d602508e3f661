"""A small shop's history, made up from a seed: customers with habits of their own, some of whom leave.

Products stand in aisles. A customer keeps to one, buys some of its products in turn, and now and then another of it.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 540
CUSTOMERS = 400
AISLES, SHELVES = 5, 8
FAVOURITES = 5


def orders_and_lines(seed: int = 7) -> tuple[pa.Table, pa.Table]:
    """(orders, order_lines) of `CUSTOMERS` over `DAYS` days; about a third of the customers stop at some day."""
    dice = random.Random(seed)
    orders: list[dict] = []
    lines: list[dict] = []
    for customer in range(CUSTOMERS):
        interval = dice.uniform(8, 60)
        end = dice.uniform(60, DAYS) if dice.random() < 0.35 else DAYS
        day = dice.uniform(0, 120)
        aisle = list(range(customer % AISLES, AISLES * SHELVES, AISLES))
        dice.shuffle(aisle)
        turn = 0
        while day < end:
            number = f"{customer}-{len(orders)}"
            at = FIRST + timedelta(days=day)
            total = Decimal(str(round(dice.uniform(5, 80), 2)))
            common = {"order_id": number, "customer_id": str(customer), "ordered_at": at, "total": total}
            orders.append({**common, "status": "completed", "currency": "EUR"})
            bought = [aisle[turn % FAVOURITES], aisle[(turn + 1) % FAVOURITES]]
            turn += 2
            if dice.random() < 0.2:
                bought.append(dice.choice(aisle[FAVOURITES:]))
            lines += [
                {
                    **common,
                    "total": total if place == 1 else Decimal("0.00"),
                    "line_id": str(place),
                    "product_id": f"p{product}",
                    "kind": "sale",
                    "quantity": 1.0,
                    "unit_price": total if place == 1 else Decimal("0.00"),
                    "currency": "EUR",
                }
                for place, product in enumerate(bought, 1)
            ]
            day += dice.expovariate(1 / interval)
    return pa.Table.from_pylist(orders), pa.Table.from_pylist(lines)


def products() -> pa.Table:
    """The catalogue: every product with a name, its aisle as the category."""
    rows = [
        {
            "product_id": f"p{number}",
            "updated_at": FIRST - timedelta(days=1),
            "name": f"Product {number}",
            "category": f"Aisle {number % AISLES}",
            "price": Decimal("5.00"),
            "currency": "EUR",
        }
        for number in range(AISLES * SHELVES)
    ]
    return pa.Table.from_pylist(rows)


GONE, PILED, USUAL = 0.0, 2000.0, 25.0
"""Units of products 0, 4, 8 … on the shelf; of 1, 5, 9 …; of the others."""


def stock(at: datetime) -> pa.Table:
    """A count of every product, some of them out and some far too many."""
    shelves = {0: GONE, 1: PILED}
    rows = [
        {"product_id": f"p{n}", "location_id": "*", "counted_at": at, "quantity": shelves.get(n % 4, USUAL)}
        for n in range(AISLES * SHELVES)
    ]
    return pa.Table.from_pylist(rows)


def deliveries() -> pa.Table:
    """A delivery of each product every four weeks, three to nine days after it was ordered."""
    rows = [
        {
            "purchase_order_id": f"{n}-{week}",
            "line_id": "1",
            "product_id": f"p{n}",
            "location_id": "*",
            "supplier": f"wholesaler {n % 3}",
            "ordered_at": (ordered := FIRST + timedelta(weeks=week)),
            "arrived_at": ordered + timedelta(days=3 + (n + week) % 7),
            "quantity": 50.0,
        }
        for n in range(AISLES * SHELVES)
        for week in range(0, 60, 4)
    ]
    return pa.Table.from_pylist(rows)
