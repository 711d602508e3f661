"""What kind of place a key is in, and what is done there with a customer's rows."""

from __future__ import annotations

from typing import Literal

from commerce.families import discover
from commerce.tables import TABLES

Role = Literal["lake", "models"]
"""The two buckets."""

RAW, LAKE = "raw/events", "lake"
BOOKS: dict[str, tuple[str, ...]] = {
    "orders": ("customer_id",),
    "order_lines": ("customer_id",),
    "payments": ("customer_id", "card_fingerprint", "device_id", "ip", "email_domain", "shipping_address"),
}
"""Tables whose rows bookkeeping has to keep, and the columns that are emptied there."""
ABOUT_EVENTS = ("labels", "decisions")
"""Tables whose rows are about an event of another table, and so of whoever that event is of."""
STAYING = {"labels": "payment"}
"""Of what is about events, rows about this type stay: the payment does, without the customer, and learning without
what it turned out to be would take a fraud for an honest payment."""
IMPERSONAL = frozenset(t.name for t in TABLES.values() if not t.personal and all(c.type != "json" for c in t.columns))
"""Tables that have no column for a person: they are not opened."""


def table_of(role: Role, key: str) -> str | None:
    """The lake table whose partition a key is."""
    parts = key.split("/")
    here = role == "lake" and len(parts) == 4 and parts[0] == LAKE and parts[2].startswith("dt=")
    return parts[1] if here and parts[1] in TABLES else None


def concerned(role: Role, key: str) -> bool:
    """Whether a customer can be there: not in tables without persons, nor where a family scores something else."""
    if table := table_of(role, key):
        return table not in IMPERSONAL
    parts = key.split("/")
    family = discover().get(parts[1]) if role == "models" and parts[0] == "runs" and len(parts) > 2 else None
    return family is None or family.entity == "customer"


def place_of(role: Role, key: str) -> str:
    """In words, such as `lake orders`, `raw events`, `runs`, `campaigns`."""
    if table := table_of(role, key):
        return f"lake {table}"
    if role == "lake" and key.startswith(f"{LAKE}/_curation/rejected/"):
        return "unusable events"
    head = key.partition("/")[0]
    return {"raw": "raw events", "rejected": "rejected events", "failed": "undelivered events"}.get(head, head)


def turn(role: Role, key: str) -> int:
    """Raw events come first, because curation makes the tables of them; what is made of the tables comes last.

    What is about events comes before the events: an erasure that is killed finds it again by them alone.
    """
    head = key.partition("/")[0]
    if role == "lake" and head in ("raw", "rejected", "failed"):
        return 0
    if role == "lake" and head == LAKE:
        return 1 if table_of(role, key) in ABOUT_EVENTS else 2
    return 3
