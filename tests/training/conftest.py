"""A made-up shop: customers who buy at their own rhythm, some of whom leave, in a real lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import ibis
import numpy as np
import pytest

from lake import Lake
from lake.schema import from_records

FIRST = date(2024, 1, 1)
LAST = date(2025, 7, 1)
"""The first and the day after the last day of the shop's history."""


@dataclass(frozen=True)
class Tables:
    """Tables by name, for features that need no lake."""

    tables: dict[str, ibis.Table]

    def table(self, name: str) -> ibis.Table:
        return self.tables[name]


def order(number: int, customer: str | None, at: datetime, total: float, status: str = "completed") -> dict:
    """An order of the lake."""
    return {
        "order_id": f"o{number}",
        "customer_id": customer,
        "ordered_at": at,
        "status": status,
        "total": Decimal(f"{total:.2f}"),
        "currency": "EUR",
    }


def line(of: dict, kind: str = "sale") -> dict:
    """An order's one line, or what came back of it."""
    sign = 1 if kind == "sale" else -1
    return {
        "order_id": of["order_id"],
        "line_id": "1",
        "customer_id": of["customer_id"],
        "product_id": "p1",
        "ordered_at": of["ordered_at"],
        "kind": kind,
        "quantity": 1.0 * sign,
        "unit_price": of["total"],
        "discount": Decimal(0),
        "total": of["total"] * sign,
        "currency": "EUR",
    }


def source(orders: list[dict], lines: list[dict] | None = None) -> Tables:
    """Orders and lines as the lake shows them: naive UTC timestamps."""
    made = {}
    for name, rows in (("orders", orders), ("order_lines", lines if lines is not None else [line(o) for o in orders])):
        table = ibis.memtable(from_records(name, rows))
        made[name] = table.mutate(ordered_at=table.ordered_at.cast("timestamp(6)"))
    return Tables(made)


def shop_orders(customers: int, seed: int) -> list[dict]:
    """Orders of customers with rhythms of 10 to 60 days, each of whom leaves with a small chance per order."""
    rng = np.random.default_rng(seed)
    orders: list[dict] = []
    for customer in range(customers):
        rhythm, leaving = rng.uniform(10, 60), rng.uniform(0.02, 0.25)
        at = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(days=float(rng.uniform(0, 360)))
        while at.date() < LAST:
            orders.append(order(len(orders), f"c{customer}", at, float(rng.lognormal(3, 0.5))))
            if rng.random() < leaving:
                break
            at += timedelta(days=float(rng.gamma(2, rhythm / 2)))
    return orders


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a lake with 600 customers' orders over a year and a half. Read only."""
    root = tmp_path_factory.mktemp("shop")
    lake = Lake.open(root)
    orders = shop_orders(600, seed=1)
    lake.write("orders", from_records("orders", orders))
    lake.write("order_lines", from_records("order_lines", [line(o) for o in orders]))
    return root
