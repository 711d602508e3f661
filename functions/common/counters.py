"""Customers' order counters in DynamoDB: read by the score routes, kept by ingest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from commerce.counters import CustomerState, customer_key
from functions.common.dynamodb import Item, Key, batch_get


def key(pair: tuple[str, str]) -> Key:
    """(pk, sk) as DynamoDB takes it."""
    return {"pk": {"S": pair[0]}, "sk": {"S": pair[1]}}


def read(client: Any, table: str, customers: Iterable[str], *, consistent: bool = False) -> dict[str, CustomerState]:
    """Counters of the customers that have any."""
    keys = {customer: key(customer_key(customer)) for customer in customers}
    items = batch_get(client, table, list(keys.values()), consistent=consistent)
    by_key = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
    return {customer: state(by_key[pair]) for customer in keys if (pair := customer_key(customer)) in by_key}


def state(item: Item) -> CustomerState:
    """Counters as stored: times in ISO 8601, UTC."""
    return CustomerState(
        orders=int(item["orders"]["N"]),
        first_order_at=datetime.fromisoformat(item["first_order_at"]["S"]),
        last_order_at=datetime.fromisoformat(item["last_order_at"]["S"]),
    )
