"""Adds accepted orders to the counters of customers and products, each message once however often it is sent.

One transaction holds the markers of new orders, the new state of their customers, each under a condition, and an
addition for each of their products: a marker must not exist, a state must be the one that was read. Where a condition
fails, or another transaction is at the same item, everything is read again, so that a message which another invocation
counted in the meantime drops out, and tried in smaller transactions, so that a product that many buy at once does not
hold back the others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from commerce.counters import OrderCount
from functions.common import counters
from functions.common.aws import THROTTLED
from functions.common.backoff import pause
from functions.common.dynamodb import batch_get
from functions.ingest.transactions import ACTIONS, Part, groups, parts

ATTEMPTS = 8
_RETRIED = THROTTLED | {"TransactionCanceledException"}

Counts = list[tuple[str, OrderCount]]
Pending = dict[tuple[str, str], Part]
"""(pk, sk) of the marker → what is to be counted under it."""


class ContendedError(Exception):
    """Some orders could not be counted; counting the same messages again is safe."""


def add(dynamodb: Any, table: str, counts: Counts, *, now: datetime) -> int:
    """Count the messages that were not counted before; gives how many they were. Raises `ContendedError`."""
    pending: Pending = {part.marker: part for part in parts(dict(counts))}
    total = 0
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        pending = _uncounted(dynamodb, table, pending)
        if not pending:
            return total
        for part in _counted(dynamodb, table, pending, now, most=ACTIONS // 4**attempt):
            total += part.number == 0
            del pending[part.marker]
        if not pending:
            return total
    raise ContendedError(f"{len(pending)} orders could not be counted after {ATTEMPTS} attempts")


def _uncounted(dynamodb: Any, table: str, pending: Pending) -> Pending:
    items = batch_get(dynamodb, table, [counters.key(marker) for marker in pending], consistent=True)
    seen = {(item["pk"]["S"], item["sk"]["S"]) for item in items}
    return {marker: part for marker, part in pending.items() if marker not in seen}


def _counted(dynamodb: Any, table: str, pending: Pending, now: datetime, *, most: int) -> list[Part]:
    """Those that could be written, in transactions of at most `most` actions."""
    customers = {part.count.customer_id for part in pending.values() if part.count.customer_id is not None}
    states = counters.read(dynamodb, table, customers, consistent=True)
    done: list[Part] = []
    unsure: set[str] = set()
    """Customers whose state may no longer be the one that was read."""
    for group in groups(pending.values(), most):
        if not unsure.isdisjoint(group.times):
            continue
        try:
            dynamodb.transact_write_items(TransactItems=group.actions(table, states, now))
        except ClientError as error:
            if error.response["Error"]["Code"] not in _RETRIED:
                raise
            unsure |= group.times.keys()
        else:
            done += group.parts
            states |= group.states(states)
    return done
