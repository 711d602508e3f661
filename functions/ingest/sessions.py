"""Adds what visitors did to the items of their latest actions, each message once however often it is sent.

An item is written on condition that nobody wrote it since it was read; else it is read again. One visitor, the usual
delivery of a browser, costs a read and a write. Those of a server's batch are written in transactions; where one meets
another writer its visitors are tried again in smaller ones, so that a busy visitor does not hold back the others.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from itertools import batched
from typing import Any

from botocore.exceptions import ClientError

from functions.common import actions
from functions.common.actions import Told
from functions.common.aws import THROTTLED
from functions.common.backoff import pause
from functions.common.counters import key
from functions.common.dynamodb import Item, batch_get
from functions.ingest.latest import merged, too_old_at

ITEMS = 100
"""Most items of one TransactWriteItems."""
ATTEMPTS = 8
SECONDS = 2.0
"""No attempt begins later than this: the sender waits, and these actions only make answers better."""
_TAKEN = {"ConditionalCheckFailedException", "TransactionCanceledException"}

Pair = tuple[str, str]
Visitors = Mapping[Pair, list[Told]]
"""(pk, sk) of visitors' items → what messages told of them."""


class NotKeptError(Exception):
    """The latest actions of some visitors could not be written; adding the same again is safe."""


def add(dynamodb: Any, table: str, visitors: Visitors, *, now: datetime) -> None:
    """Keep what the messages tell. Raises `NotKeptError`, or `IncompleteError` where the table cannot be read."""
    deadline, too_old = time.monotonic() + SECONDS, too_old_at(now)
    pending = dict(visitors)
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        left = deadline - time.monotonic()
        if left < 0:
            break
        try:
            # What was read late fails its condition, so that only another attempt has to pay for a consistent read.
            items = _read(dynamodb, table, pending, consistent=attempt > 0, seconds=left)
        except ClientError as error:
            if error.response["Error"]["Code"] not in THROTTLED:
                raise
            continue
        puts = {pair: _put(table, pair, items.get(pair), told, too_old) for pair, told in pending.items()}
        pending = {pair: told for pair, told in pending.items() if puts[pair] is not None}
        for group in batched(list(pending), max(1, ITEMS // 4**attempt)):
            if _written(dynamodb, [put for pair in group if (put := puts[pair])]):
                for pair in group:
                    del pending[pair]
        if not pending:
            return
    raise NotKeptError(f"the latest actions of {len(pending)} visitors could not be kept")


def _read(dynamodb: Any, table: str, pairs: Visitors, *, consistent: bool, seconds: float) -> dict[Pair, Item]:
    items = batch_get(dynamodb, table, [key(pair) for pair in pairs], consistent=consistent, seconds=seconds)
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}


def _put(table: str, pair: Pair, item: Item | None, told: list[Told], too_old: str) -> dict[str, Any] | None:
    """What PutItem takes; None where the messages add nothing."""
    known = actions.from_item(item) if item else []
    kept = merged(known, told, too_old)
    if kept is known:
        return None
    revision = item.get("revision") if item else None
    put: dict[str, Any] = {
        "TableName": table,
        "Item": actions.to_item(pair, kept, int(revision["N"]) + 1 if revision else 1),
        "ConditionExpression": "attribute_not_exists(revision)",
    }
    if revision:
        put["ConditionExpression"] = "revision = :revision"
        put["ExpressionAttributeValues"] = {":revision": revision}
    return put


def _written(dynamodb: Any, puts: list[dict[str, Any]]) -> bool:
    """All of them, or none: another writer was faster, or the table is throttled."""
    try:
        if len(puts) == 1:
            dynamodb.put_item(**puts[0])
        else:
            dynamodb.transact_write_items(TransactItems=[{"Put": put} for put in puts])
    except ClientError as error:
        if error.response["Error"]["Code"] not in THROTTLED | _TAKEN:
            raise
        return False
    return True
