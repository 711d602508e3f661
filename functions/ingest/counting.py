"""Adds accepted orders to the customers' counters, each message once however often it is sent.

One transaction holds the markers of new messages and the new state of their customer, each under a condition: a marker
must not exist, the state must be the one that was read. Where a condition fails everything is read again, so a
message that another invocation counted in the meantime drops out.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from commerce.counters import MARKER_DAYS, CustomerState, OrderCount, customer_key, marker_key
from functions.common import counters
from functions.common.aws import THROTTLED
from functions.common.backoff import pause
from functions.common.dynamodb import Item, batch_get

ACTIONS = 100
"""Most actions of one TransactWriteItems."""
ATTEMPTS = 8
_RETRIED = THROTTLED | {"TransactionCanceledException"}

Counts = list[tuple[str, OrderCount]]


class ContendedError(Exception):
    """The counters of some customers could not be written; counting the same messages again is safe."""


def add(dynamodb: Any, table: str, counts: Counts, *, now: datetime) -> int:
    """Count the messages that were not counted before; gives how many they were. Raises `ContendedError`."""
    pending = dict(counts)
    total = 0
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        pending = _uncounted(dynamodb, table, pending)
        if not pending:
            return total
        states = counters.read(dynamodb, table, {c.customer_id for c in pending.values()}, consistent=True)
        for group in _groups(table, pending, states, now):
            messages, actions = group
            try:
                dynamodb.transact_write_items(TransactItems=actions)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _RETRIED:
                    raise
            else:
                total += len(messages)
                for message in messages:
                    del pending[message]
        if not pending:
            return total
    raise ContendedError(f"{len(pending)} orders could not be counted after {ATTEMPTS} attempts")


def _uncounted(dynamodb: Any, table: str, pending: dict[str, OrderCount]) -> dict[str, OrderCount]:
    keys = [counters.key(marker_key(message)) for message in pending]
    seen = {item["pk"]["S"] for item in batch_get(dynamodb, table, keys, consistent=True)}
    return {message: count for message, count in pending.items() if marker_key(message)[0] not in seen}


def _groups(
    table: str, pending: dict[str, OrderCount], states: dict[str, CustomerState], now: datetime
) -> list[tuple[list[str], list[dict[str, Any]]]]:
    """(messages, actions) per transaction: as many customers as fit, at most `ACTIONS - 1` messages of one."""
    by_customer: dict[str, list[str]] = defaultdict(list)
    for message, count in pending.items():
        if len(by_customer[count.customer_id]) < ACTIONS - 1:
            by_customer[count.customer_id].append(message)
    groups: list[tuple[list[str], list[dict[str, Any]]]] = []
    for customer, messages in by_customer.items():
        if not groups or len(groups[-1][1]) + len(messages) + 1 > ACTIONS:
            groups.append(([], []))
        times = [pending[message].ordered_at for message in messages]
        groups[-1][0].extend(messages)
        groups[-1][1].append(_put_state(table, customer, states.get(customer), times))
        groups[-1][1].extend(_put_marker(table, message, now) for message in messages)
    return groups


def _put_state(table: str, customer: str, old: CustomerState | None, times: list[datetime]) -> dict[str, Any]:
    known = [t for t in (old.first_order_at, old.last_order_at) if t is not None] if old else []
    item: Item = counters.key(customer_key(customer)) | {
        "orders": {"N": str((old.orders if old else 0) + len(times))},
        "first_order_at": {"S": min(times + known).isoformat()},
        "last_order_at": {"S": max(times + known).isoformat()},
    }
    put: dict[str, Any] = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    if old is not None:
        # `orders` only ever grows, so an unchanged number means an unchanged state.
        put["ConditionExpression"] = "orders = :orders"
        put["ExpressionAttributeValues"] = {":orders": {"N": str(old.orders)}}
    return {"Put": put}


def _put_marker(table: str, message: str, now: datetime) -> dict[str, Any]:
    expires = int(now.timestamp()) + MARKER_DAYS * 86400
    item: Item = counters.key(marker_key(message)) | {"ttl": {"N": str(expires)}}
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
