"""Orders of simulated payments, and what of them is refunded: simulated data, like the payments themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa

from lake.compute import pc
from lake.simulators.simulated import Simulated, declared_columns

_DAY = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True)
class OrderAssumptions:
    """What orders and refunds are like. Every number is an assumption, none was measured in a shop."""

    refunded: float = 0.08
    """Mean share of a customer's orders that are refunded."""
    alike: float = 12.0
    """Orders that the mean weighs as much as: few, and customers differ much (beta distribution)."""
    ring_refunded: float = 0.6
    """Share of a ring's orders of which it claims the money back: parcels that never came."""
    refund_days: tuple[float, float] = (3.0, 25.0)
    """From an order to its refund."""


def orders(made: Simulated, assumptions: OrderAssumptions, *, seed: int) -> dict[str, pa.Table]:
    """`orders` and `order_lines` of the payments of `made` that were not declined: one line each, and one more of what
    is refunded, on the day of the refund, which may lie after the last payment."""
    paid = made.tables["payments"]
    through = pc.not_equal(paid["outcome"], "declined")
    rows, pattern = paid.filter(through), made.patterns.filter(through.combine_chunks())
    rng = np.random.default_rng(seed)
    back = _refunded(rows, pattern, assumptions, rng)
    wait = np.rint(rng.uniform(*assumptions.refund_days, len(back)) * _DAY).astype("int64")
    at = pc.add(rows["occurred_at"], pa.array(wait).cast(pa.duration("us")))
    refunded = pa.array(back)
    whole = {
        "order_id": rows["order_id"],
        "customer_id": rows["customer_id"],
        "ordered_at": rows["occurred_at"],
        "currency": rows["currency"],
        "product_id": rows["product_id"],
        "total": rows["amount"],
    }
    placed = pa.table(
        whole
        | {
            "status": pc.if_else(refunded, "refunded", "completed"),
            "status_at": pc.if_else(refunded, at, pa.scalar(None, at.type)),
            "coupon": rows["coupon"],
        }
    )
    sold = pa.table(whole).append_column("kind", pa.repeat("sale", len(back)))
    sold = sold.append_column("line_id", pa.repeat("1", len(back))).append_column("quantity", pa.repeat(1.0, len(back)))
    gone = sold.append_column("at", at).filter(refunded)
    for name, values in (
        ("kind", pa.repeat("return", gone.num_rows)),
        ("line_id", pa.repeat("return/1", gone.num_rows)),
        ("quantity", pa.repeat(-1.0, gone.num_rows)),
        ("ordered_at", gone["at"]),
        ("total", pc.negate(gone["total"])),
    ):
        gone = gone.set_column(gone.column_names.index(name), name, values)
    return {
        "orders": declared_columns("orders", placed),
        "order_lines": pa.concat_tables([declared_columns("order_lines", sold), declared_columns("order_lines", gone)]),
    }


def _refunded(rows: pa.Table, pattern: pa.Array, a: OrderAssumptions, rng: np.random.Generator) -> np.ndarray:
    """Whether each order (n,) is refunded: a customer's own share of them, and a ring's."""
    customers, number = np.unique(np.array(rows["customer_id"].to_pylist()), return_inverse=True)
    own = rng.beta(a.refunded * a.alike, (1 - a.refunded) * a.alike, len(customers))[number]
    ring = np.array(pattern.to_pylist()) == "ring"
    return rng.random(len(own)) < np.where(ring, a.ring_refunded, own)
