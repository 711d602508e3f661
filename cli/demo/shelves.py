"""What is on the grocer's shelves, how long suppliers take, and at what cost. Complete Journey has none of it.

So it is simulated, from a seed, and labelled so wherever it is shown: counts of a few days' to many weeks' sales, lead
times of each department's supplier, costs as a share of what was paid. What sells by volume, such as fuel, has none.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ibis import _

from commerce.families.stock.answer import EVERYWHERE
from lake import Lake
from lake.schema import from_records

RECENT_DAYS = 56
LEAST_UNITS, MOST_UNITS = 20, 10_000
"""Of `RECENT_DAYS`: below, a shelf is not worth deciding about; above, it is sold by volume."""
COVER_WEEKS = (0.1, 8.0)
"""Weeks of sales that are on the shelf, drawn evenly on the log scale."""
LEAD_DAYS = (2, 9)
"""Usual lead time of a supplier, days, drawn evenly; each delivery up to `LATE_DAYS` later."""
LATE_DAYS = 4
DELIVERIES = 30
"""Of each supplier, a week apart."""
COST_SHARE = 0.7
"""Of what customers paid."""
PACKS = (1, 6, 12)
CURRENCY = "USD"


@dataclass(frozen=True)
class Assumptions:
    """What was simulated, for the report."""

    products: int
    suppliers: int

    def in_words(self) -> str:
        """One sentence."""
        return (
            f"shelves of {self.products:,} products with {COVER_WEEKS[0]:g} to {COVER_WEEKS[1]:g} weeks of sales, "
            f"{self.suppliers} suppliers that take {LEAD_DAYS[0]} to {LEAD_DAYS[1]} days and up to {LATE_DAYS} more, "
            f"packs of {', '.join(map(str, PACKS))}, and costs of {COST_SHARE:.0%} of what customers paid"
        )


def simulate(lake: Lake, as_of: date, seed: int = 0) -> Assumptions:
    """Write counts of the evening before `as_of`, deliveries and terms of whatever sells enough."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    sold = _sold(lake, as_of)
    midnight = datetime.combine(as_of, time(), UTC)
    suppliers = {name: chance.randint(*LEAD_DAYS) for name in sorted({row["supplier"] for row in sold})}
    low, high = COVER_WEEKS
    counts = [
        {
            "product_id": row["product_id"],
            "location_id": EVERYWHERE,
            "counted_at": midnight - timedelta(minutes=1),
            "quantity": float(round(7 * row["units"] / RECENT_DAYS * low * (high / low) ** chance.random())),
        }
        for row in sold
    ]
    terms = [
        {
            "product_id": row["product_id"],
            "supplier": row["supplier"],
            "updated_at": midnight - timedelta(days=RECENT_DAYS),
            "unit_cost": Decimal(str(round(COST_SHARE * row["paid"] / row["units"], 4))),
            "currency": CURRENCY,
            "pack_size": float(chance.choice(PACKS)),
        }
        for row in sold
    ]
    lake.write("stock", from_records("stock", counts))
    lake.write("supply_terms", from_records("supply_terms", terms))
    lake.write("deliveries", from_records("deliveries", _deliveries(sold, suppliers, midnight, chance)))
    return Assumptions(len(sold), len(suppliers))


def _sold(lake: Lake, as_of: date) -> list[dict[str, Any]]:
    """(product_id, supplier, units, paid) of `RECENT_DAYS`: a department's goods come from one supplier."""
    lines = lake.table("order_lines", since=as_of - timedelta(days=RECENT_DAYS), until=as_of - timedelta(days=1))
    units = (
        lines.filter(_.kind == "sale", _.quantity > 0)
        .group_by("product_id")
        .agg(units=_.quantity.sum(), paid=_.total.sum().cast("float64"))
        .filter(_.units.between(LEAST_UNITS, MOST_UNITS), _.paid > 0)
    )
    named = lake.table("products").group_by("product_id").agg(supplier=_.department.max().fill_null("other"))
    return units.inner_join(named, "product_id").order_by("product_id").to_pyarrow().to_pylist()


def _deliveries(
    sold: list[dict[str, Any]], suppliers: dict[str, int], midnight: datetime, chance: random.Random
) -> list[dict[str, Any]]:
    """Of each supplier so many, all of which have arrived; nothing is on order."""
    rows = []
    for supplier, lead in suppliers.items():
        own = [row["product_id"] for row in sold if row["supplier"] == supplier]
        for number in range(1, DELIVERIES + 1):
            ordered = midnight - timedelta(days=LEAD_DAYS[1] + LATE_DAYS + 7 * number)
            rows.append(
                {
                    "purchase_order_id": f"{supplier} {number}",
                    "line_id": "1",
                    "product_id": chance.choice(own),
                    "location_id": EVERYWHERE,
                    "supplier": supplier,
                    "ordered_at": ordered,
                    "arrived_at": ordered + timedelta(days=lead + LATE_DAYS * chance.random() ** 2),
                    "quantity": 1.0,
                }
            )
    return rows
