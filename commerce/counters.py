"""Running state per customer that ingest keeps, so that a family's baseline can answer in real time.

One item per customer in the `counters` table, `pk = customer#<id>`, `sk = orders`: number of completed orders, time of
the first and the last. A marker per counted message, `pk = message#<id>`, `sk = seen`, makes counting idempotent; it
expires after `MARKER_DAYS`, longer than any client keeps retrying.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The score routes read counters and would pay for building every event's schema at each cold start.
    from commerce.events.envelope import Event

MARKER_DAYS = 30
ORDERS = "orders"
SEEN = "seen"


@dataclass(frozen=True, slots=True)
class OrderCount:
    """What one event adds to a customer's counters."""

    customer_id: str
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A customer's counters as read. Times are UTC."""

    orders: int
    first_order_at: datetime | None
    last_order_at: datetime | None


def customer_key(customer_id: str) -> tuple[str, str]:
    """(pk, sk) of a customer's order counters."""
    return f"customer#{customer_id}", ORDERS


def marker_key(message_id: str) -> tuple[str, str]:
    """(pk, sk) of the marker that says a message was counted."""
    return f"message#{message_id}", SEEN


def counts(event: Event) -> OrderCount | None:
    """What the event adds: only a completed order of a known customer counts."""
    if event.type == "track" and event.name == "Order Completed" and event.customer_id:
        return OrderCount(event.customer_id, event.timestamp)
    return None
