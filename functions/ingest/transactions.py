"""Which writes count an order, and how they fit into transactions. Pure: no AWS, no clock.

An order is a marker, the new state of its customer, and an addition for each product. Those of several orders share a
transaction, and in it the state of a customer and the addition to a product; an order of more products than a
transaction holds is counted in parts, each under a marker of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any

from commerce.counters import MARKER_DAYS, CustomerState, OrderCount, customer_key, marker_key
from commerce.sales import product_key, weight
from functions.common.counters import era_name, key

ACTIONS = 100
"""Most actions of one TransactWriteItems."""
_PRODUCTS = ACTIONS - 2
"""Beside a marker and a customer."""


@dataclass(frozen=True, slots=True)
class Part:
    """An order, or as much of it as a transaction holds. The first part counts for the customer."""

    message: str
    number: int
    count: OrderCount

    @property
    def marker(self) -> tuple[str, str]:
        """(pk, sk) of its marker."""
        return marker_key(self.message, self.number)


@dataclass(slots=True)
class Group:
    """Parts that one transaction counts."""

    parts: list[Part] = field(default_factory=list)
    times: dict[str, list[datetime]] = field(default_factory=dict)
    """Customer → when each order was made."""
    sold: dict[str, dict[int, int]] = field(default_factory=dict)
    """Product → era → what is added to its sum."""

    def size_with(self, part: Part) -> int:
        """Actions of the transaction, were the part in it too."""
        customer = part.count.customer_id
        customers = len(self.times) + (customer is not None and customer not in self.times)
        products = len(self.sold) + sum(product not in self.sold for product in part.count.units)
        return len(self.parts) + 1 + customers + products

    def take(self, part: Part) -> None:
        """Count the part in this transaction."""
        self.parts.append(part)
        count = part.count
        if count.customer_id is not None:
            self.times.setdefault(count.customer_id, []).append(count.ordered_at)
        era, unit = weight(count.ordered_at)
        for product, quantity in count.units.items():
            sums = self.sold.setdefault(product, {})
            sums[era] = sums.get(era, 0) + round(quantity * unit)

    def states(self, known: Mapping[str, CustomerState]) -> dict[str, CustomerState]:
        """What becomes of the customers' states."""
        return {customer: _later(known.get(customer), times) for customer, times in self.times.items()}

    def actions(self, table: str, known: Mapping[str, CustomerState], now: datetime) -> list[dict[str, Any]]:
        """What TransactWriteItems takes; `known` holds the states that were read."""
        states = self.states(known)
        return [
            *(_put_marker(table, part, now) for part in self.parts),
            *(_put_state(table, customer, known.get(customer), state) for customer, state in states.items()),
            *(_add_sales(table, product, sums) for product, sums in self.sold.items()),
        ]


def parts(counts: Mapping[str, OrderCount]) -> Iterator[Part]:
    """The orders by message in parts, always the same ones for the same order."""
    for message, count in counts.items():
        first, *others = batched(count.units.items(), _PRODUCTS) if count.units else [()]
        yield Part(message, 0, OrderCount(count.customer_id, count.ordered_at, dict(first)))
        for number, units in enumerate(others, start=1):
            yield Part(message, number, OrderCount(None, count.ordered_at, dict(units)))


def groups(pending: Iterable[Part], most: int) -> Iterator[Group]:
    """Transactions of at most `most` actions, or of one part that has more; orders of a customer lie together."""
    group = Group()
    for part in sorted(pending, key=lambda part: part.count.customer_id or ""):
        if group.parts and group.size_with(part) > most:
            yield group
            group = Group()
        group.take(part)
    if group.parts:
        yield group


def _later(old: CustomerState | None, times: list[datetime]) -> CustomerState:
    known = [t for t in (old.first_order_at, old.last_order_at) if t is not None] if old else []
    orders = (old.orders if old else 0) + len(times)
    return CustomerState(orders, min(times + known), max(times + known))


def _put_state(table: str, customer: str, old: CustomerState | None, new: CustomerState) -> dict[str, Any]:
    item = key(customer_key(customer)) | {"orders": {"N": str(new.orders)}}
    for name, at in (("first_order_at", new.first_order_at), ("last_order_at", new.last_order_at)):
        if at is not None:
            item[name] = {"S": at.isoformat()}
    put: dict[str, Any] = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    if old is not None:
        # `orders` only ever grows, so an unchanged number means an unchanged state.
        put["ConditionExpression"] = "orders = :orders"
        put["ExpressionAttributeValues"] = {":orders": {"N": str(old.orders)}}
    return {"Put": put}


def _put_marker(table: str, part: Part, now: datetime) -> dict[str, Any]:
    expires = int(now.timestamp()) + MARKER_DAYS * 86400
    item = key(part.marker) | {"ttl": {"N": str(expires)}}
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _add_sales(table: str, product: str, sums: Mapping[int, int]) -> dict[str, Any]:
    """An addition needs no condition: the markers beside it see to it that it is made once."""
    names = {era_name(era): amount for era, amount in sums.items()}
    update: dict[str, Any] = {
        "TableName": table,
        "Key": key(product_key(product)),
        "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in names),
        "ExpressionAttributeValues": {f":{name}": {"N": str(amount)} for name, amount in names.items()},
    }
    return {"Update": update}
