"""A small shop's history, made up from a seed: customers with habits of their own, some of whom leave."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 540
CUSTOMERS = 400


def orders_and_lines(seed: int = 7) -> tuple[pa.Table, pa.Table]:
    """(orders, order_lines) of `CUSTOMERS` over `DAYS` days; about a third of the customers stop at some day."""
    dice = random.Random(seed)
    orders: list[dict] = []
    lines: list[dict] = []
    for customer in range(CUSTOMERS):
        interval = dice.uniform(8, 60)
        end = dice.uniform(60, DAYS) if dice.random() < 0.35 else DAYS
        day = dice.uniform(0, 120)
        while day < end:
            number = f"{customer}-{len(orders)}"
            at = FIRST + timedelta(days=day)
            total = Decimal(str(round(dice.uniform(5, 80), 2)))
            common = {"order_id": number, "customer_id": str(customer), "ordered_at": at, "total": total}
            orders.append({**common, "status": "completed", "currency": "EUR"})
            lines.append(
                {
                    **common,
                    "line_id": "1",
                    "product_id": f"p{dice.randrange(40)}",
                    "kind": "sale",
                    "quantity": 1.0,
                    "unit_price": total,
                    "currency": "EUR",
                }
            )
            day += dice.expovariate(1 / interval)
    return pa.Table.from_pylist(orders), pa.Table.from_pylist(lines)
