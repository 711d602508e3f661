"""Running state per customer that ingest keeps, so that a family's baseline can answer in real time.

One item per customer in the `counters` table, `pk = customer#<id>`, `sk = orders`: number of completed orders, time of
the first and the last. What products sell is counted with it (`commerce.sales`). A marker per counted message,
`pk = message#<id>`, `sk = seen`, makes counting idempotent; an order of more products than one transaction holds has
further ones, `seen#1` and so on. They expire after `MARKER_DAYS`, longer than any client keeps retrying.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from commerce import sales

if TYPE_CHECKING:
    # The score routes read counters and would pay for building every event's schema at each cold start.
    from commerce.events.envelope import Event

MARKER_DAYS = 30
ORDERS = "orders"
SEEN = "seen"


@dataclass(frozen=True, slots=True)
class OrderCount:
    """What one completed order adds to the counters of its customer, if one is known, and of its products."""

    customer_id: str | None
    ordered_at: datetime
    units: Mapping[str, float] = field(default_factory=dict)
    """Product → units sold, all above 0."""


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A customer's counters as read. Times are UTC."""

    orders: int
    first_order_at: datetime | None
    last_order_at: datetime | None


def customer_key(customer_id: str) -> tuple[str, str]:
    """(pk, sk) of a customer's order counters."""
    return f"customer#{customer_id}", ORDERS


def marker_key(message_id: str, part: int = 0) -> tuple[str, str]:
    """(pk, sk) of the marker that says a message, or that part of it, was counted."""
    return f"message#{message_id}", f"{SEEN}#{part}" if part else SEEN


def counts(event: Event) -> OrderCount | None:
    """What the event adds: only a completed order counts, for its customer where it names one, and for its products."""
    if event.type != "track" or event.name != "Order Completed":
        return None
    sold = sales.units(event)
    return OrderCount(event.customer_id, event.timestamp, sold) if event.customer_id or sold else None
