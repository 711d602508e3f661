"""A source of tables in memory, and rows of those that a monitor reads."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import ibis
import pyarrow as pa

from lake.schema import arrow_schema, from_records

AS_OF = date(2025, 6, 1)


class Tables:
    """A source of Arrow tables by name; any other is empty."""

    def __init__(self, tables):
        self.tables = tables

    def table(self, name):
        found = self.tables.get(name, arrow_schema(name).empty_table())
        plain = [pa.field(f.name, pa.timestamp("us")) if pa.types.is_timestamp(f.type) else f for f in found.schema]
        return ibis.memtable(found.cast(pa.schema(plain)))


def moment(days: float) -> datetime:
    """So many days before `AS_OF`."""
    return datetime.combine(AS_OF, time(), UTC) - timedelta(days=days)


def payment(event: str, days: float, amount: float = 50.0) -> dict:
    """Made so many days ago."""
    return {
        "payment_id": event,
        "occurred_at": moment(days),
        "amount": Decimal(str(amount)),
        "currency": "EUR",
    }


def label(event: str, days: float, *, fraud: bool) -> dict:
    """Known since so many days."""
    return {
        "event_type": "payment",
        "event_id": event,
        "labelled_at": moment(days),
        "fraud": fraud,
        "source": "chargeback",
    }


def decision(event: str, days: float, outcome: str, probability: float | None = None, **more) -> dict:
    """Made so many days ago, with more columns."""
    features = json.dumps(more.pop("features", {}))
    return {
        "decision_id": more.pop("decision_id", f"d-{event}"),
        "event_type": "payment",
        "event_id": event,
        "decided_at": moment(days),
        "family": "fraud",
        "source": "rules" if probability is None else "model",
        "outcome": outcome,
        "probability": probability,
        "amount": Decimal(str(more.pop("amount", 50.0))),
        "features": features,
        **more,
    }


def source(payments=(), labels=(), decisions=()) -> Tables:
    """Of such rows."""
    rows = {"payments": payments, "labels": labels, "decisions": decisions}
    return Tables({name: from_records(name, list(of)) for name, of in rows.items() if of})
