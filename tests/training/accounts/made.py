"""Made-up payments, logins, orders and labels, as the lake holds them, and as a source of tables."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa

from commerce.families.accounts.parameters import AccountsParameters
from lake.schema import arrow_schema, from_records
from training.accounts.features import features

AS_OF = date(2026, 3, 1)
Row = dict[str, Any]
_numbers = itertools.count()


class Tables:
    """A source of rows by table; any other table is empty. Times are in UTC without a zone, as the lake shows them."""

    def __init__(self, **rows: list[Row]) -> None:
        self.rows = rows

    def table(self, name: str) -> ibis.Table:
        found = from_records(name, self.rows.get(name, []))
        plain = [
            pa.field(f.name, pa.timestamp("us")) if pa.types.is_timestamp(f.type) else f for f in arrow_schema(name)
        ]
        return ibis.memtable(found.cast(pa.schema(plain)))


def ago(days: float) -> datetime:
    """So many days before the as-of date begins."""
    return datetime.combine(AS_OF, time(), UTC) - timedelta(days=days)


def payment(customer: str, days: float = 10, **changes: Any) -> Row:
    """A payment of an account, so many days ago."""
    return {
        "payment_id": f"p-{next(_numbers)}",
        "customer_id": customer,
        "occurred_at": ago(days),
        "amount": Decimal("20.00"),
        "currency": "EUR",
        "outcome": "approved",
    } | changes


def login(customer: str, device: str, days: float = 10, *, succeeded: bool = True) -> Row:
    """A login with a device."""
    return {
        "login_id": f"l-{next(_numbers)}",
        "customer_id": customer,
        "occurred_at": ago(days),
        "succeeded": succeeded,
        "device_id": device,
    }


def fraud(of: Row, days: float) -> Row:
    """That a payment was fraud, known so many days before the as-of date."""
    return {"event_type": "payment", "event_id": of["payment_id"], "labelled_at": ago(days), "fraud": True,
            "source": "chargeback"}  # fmt: skip


def order(customer: str, days: float = 10, **changes: Any) -> Row:
    """A completed order."""
    return {
        "order_id": f"o-{next(_numbers)}",
        "customer_id": customer,
        "ordered_at": ago(days),
        "status": "completed",
        "total": Decimal("20.00"),
        "currency": "EUR",
    } | changes


def returned(of: Row, days: float) -> Row:
    """The line of what came back of an order, so many days before the as-of date."""
    return {
        "order_id": of["order_id"],
        "line_id": "return/1",
        "customer_id": of["customer_id"],
        "product_id": "sku",
        "ordered_at": ago(days),
        "kind": "return",
        "quantity": -1.0,
        "total": -of["total"],
        "currency": "EUR",
    }


def known(source: Tables, **parameters: Any) -> dict[str, Row]:
    """Features as of the date, by account."""
    rows = features(source, AS_OF, AccountsParameters(**parameters)).to_pyarrow().to_pylist()
    return {row["entity_id"]: row for row in rows}
