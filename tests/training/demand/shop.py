"""A made-up shop with three stores in two regions: steady, seasonal, promoted, intermittent and new products."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import ibis
import numpy as np

from lake import Lake
from lake.schema import from_records, ibis_schema
from tests.training.conftest import Tables

FIRST = date(2024, 1, 1)
AS_OF = date(2025, 7, 2)
"""A Wednesday: the forecast begins on Monday 2025-06-30."""
ORIGIN = date(2025, 6, 30)
STORES = ("north", "south", "west")
RATES = {"steady": 12.0, "seasonal": 20.0, "promoted": 8.0, "slow": 0.4, "slower": 0.15, "new": 6.0}
RATES |= {"tea": 3.0, "milk": 9.0, "salt": 1.0, "rice": 5.0}
"""Units a week in a store of usual size."""
PROMOTED = ("promoted", "milk", "tea")
"""In every fifth week, and in the second one to come."""
REGIONS = {"north": "Hills", "south": "Hills", "west": "Coast"}
SIZES = {"north": 2.0, "south": 1.0, "west": 0.5}
TABLES = ("order_lines", "products", "promotions", "prices", "stock", "regressors", "locations")
_noon = time(12, tzinfo=UTC)


def line(product: str, day: date, quantity: float, store: str | None = "north", **changes: object) -> dict:
    """An order line of the lake, of 2 € a unit."""
    made = {
        "order_id": f"{product}-{store}-{day}",
        "line_id": "1",
        "product_id": product,
        "ordered_at": datetime.combine(day, _noon),
        "kind": "sale",
        "quantity": float(quantity),
        "unit_price": Decimal(2),
        "total": Decimal(2) * Decimal(str(quantity)),
        "currency": "EUR",
        "store_id": store,
    }
    return made | changes


def promotion(product: str, first: date, days: int, store: str = "*", **changes: object) -> dict:
    """A promotion of so many days."""
    made = {
        "promotion_id": f"{first}",
        "product_id": product,
        "store_id": store,
        "starts_on": first,
        "ends_on": first + timedelta(days=days - 1),
    }
    return made | changes


def count(product: str, day: date, quantity: float, location: str = "north") -> dict:
    """A stock count."""
    at = datetime.combine(day, _noon)
    return {"product_id": product, "location_id": location, "counted_at": at, "quantity": float(quantity)}


def regressor(name: str, day: date, value: float, known: date = FIRST, location: str = "*") -> dict:
    """The value of something on a day, as it is known from the noon of another one on."""
    at = datetime.combine(known, _noon)
    return {"regressor": name, "location_id": location, "day": day, "known_at": at, "value": value}


def located(store: str, day: date, region: str | None) -> dict:
    """The region that a store counts in from the noon of the day on."""
    return {"location_id": store, "updated_at": datetime.combine(day, _noon), "region": region}


def source(**rows: list[dict]) -> Tables:
    """Tables of these records as the lake shows them; those not given are empty."""
    made = {}
    for name in TABLES:
        table = ibis.memtable(from_records(name, rows.get(name, [])))
        made[name] = table.cast(ibis_schema(name))
    return Tables(made)


def records(seed: int = 0) -> dict[str, list[dict]]:
    """Rows by table: Poisson demand, on Tuesdays and Fridays, up to `AS_OF`, and promotions beyond it."""
    rng = np.random.default_rng(seed)
    weeks = [FIRST + timedelta(days=7 * k) for k in range((ORIGIN - FIRST).days // 7)]
    promoted = {ORIGIN + timedelta(days=7)} | {week for k, week in enumerate(weeks) if k % 5 == 2}
    lines = []
    for product, rate in RATES.items():
        for store, size in SIZES.items():
            for week in weeks:
                if product == "new" and week < ORIGIN - timedelta(days=56):
                    continue
                wanted = rate * size
                if product == "seasonal":
                    wanted *= 1 + 0.6 * np.sin(2 * np.pi * week.timetuple().tm_yday / 365)
                if product in PROMOTED and week in promoted:
                    wanted *= 3
                lines += [
                    line(product, week + timedelta(days=weekday), sold, store)
                    for weekday in (1, 4)
                    if (sold := rng.poisson(wanted / 2))
                ]
    known = datetime.combine(FIRST, time(), tzinfo=UTC)
    return {
        "order_lines": lines,
        "products": [
            {"product_id": p, "updated_at": known, "department": "food", "category": p[:4], "currency": "EUR"}
            for p in RATES
        ],
        "promotions": [promotion(p, week, 7, display="front") for p in PROMOTED for week in sorted(promoted)],
        "locations": [located(store, FIRST, region) for store, region in REGIONS.items()],
    }


def write(root: Path, rows: dict[str, list[dict]]) -> None:
    """The rows into a lake at `root`."""
    lake = Lake.open(root)
    for name, listed in rows.items():
        lake.write(name, from_records(name, listed))
