"""What a visitor did lately, product by product, as ingest keeps it for answers within the running session.

One item per visitor in the `counters` table, sk `actions`: pk `customer#<id>` where the customer is known, else
`visitor#<anonymous id>`. It holds the newest `KEPT` actions and expires `DAYS` after the last of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    # The answering routes read actions and would pay for building every event's schema at each cold start.
    from commerce.events.envelope import Event

ACTIONS = "actions"
KEPT = 50
DAYS = 30

Kind = Literal["viewed", "added", "removed", "ordered"]

_KINDS: dict[str, Kind] = {
    "Product Clicked": "viewed",
    "Product Viewed": "viewed",
    "Product Added": "added",
    "Product Removed": "removed",
    "Order Completed": "ordered",
}


class Action(BaseModel):
    """One product that a visitor looked at, put into the cart, took out of it, or ordered."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: Kind
    product_id: str = Field(min_length=1, max_length=255)
    at: datetime = Field(description="when, UTC")


def customer_key(customer_id: str) -> tuple[str, str]:
    """(pk, sk) of a customer's actions."""
    return f"customer#{customer_id}", ACTIONS


def visitor_key(anonymous_id: str) -> tuple[str, str]:
    """(pk, sk) of the actions of a visitor whom nobody knows."""
    return f"visitor#{anonymous_id}", ACTIONS


def key(event: Event) -> tuple[str, str] | None:
    """(pk, sk) of whose action the event is; None where it names nobody."""
    if event.customer_id:
        return customer_key(event.customer_id)
    return visitor_key(event.anonymous_id) if event.anonymous_id else None


def actions(event: Event) -> list[Action]:
    """What the event says was done with products; empty for every other event."""
    kind = _KINDS.get(event.name or "") if event.type == "track" else None
    if kind is None:
        return []
    return [Action(kind=kind, product_id=product, at=event.timestamp) for product in _products(kind, event.properties)]


def _products(kind: Kind, properties: dict[str, Any]) -> list[str]:
    """Of one product, or of an order's lines. Of other events `products` is the sender's own, whatever it holds."""
    listed = (properties.get("products") or []) if kind == "ordered" else [properties]
    ids = (line.get("product_id") for line in listed if isinstance(line, dict))
    return [str(product) for product in ids if product]
