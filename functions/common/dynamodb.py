"""Batches of DynamoDB, complete: what one call leaves unprocessed is asked for again."""

from __future__ import annotations

import time
from typing import Any

from functions.common.backoff import pause

Item = dict[str, Any]
Key = dict[str, Any]
GET_KEYS = 100
"""Most keys of one BatchGetItem."""
WRITE_ITEMS = 25
"""Most items of one BatchWriteItem."""
ATTEMPTS = 8


class IncompleteError(Exception):
    """Part of a batch stayed unprocessed: the table is throttled. The same call is safe to repeat."""


def batch_get(
    client: Any, table: str, keys: list[Key], *, consistent: bool = False, seconds: float | None = None
) -> list[Item]:
    """The items that exist, in no order; `keys` must be distinct.

    Raises `IncompleteError` where keys stay unprocessed after the attempts or after `seconds`.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    items: list[Item] = []
    for start in range(0, len(keys), GET_KEYS):
        pending: dict[str, Any] = {table: {"Keys": keys[start : start + GET_KEYS], "ConsistentRead": consistent}}
        for attempt in range(ATTEMPTS):
            response = client.batch_get_item(RequestItems=pending)
            items += response["Responses"].get(table, [])
            pending = response.get("UnprocessedKeys") or {}
            if not pending or (deadline is not None and time.monotonic() > deadline):
                break
            pause(attempt)
        if pending:
            raise IncompleteError(f"{table}: {len(pending[table]['Keys'])} keys stayed unprocessed")
    return items


def batch_put(client: Any, table: str, items: list[Item]) -> None:
    """Put every item; an item put twice is the same item. Raises `IncompleteError`."""
    for start in range(0, len(items), WRITE_ITEMS):
        pending: dict[str, Any] = {
            table: [{"PutRequest": {"Item": item}} for item in items[start : start + WRITE_ITEMS]]
        }
        for attempt in range(ATTEMPTS):
            pending = client.batch_write_item(RequestItems=pending).get("UnprocessedItems") or {}
            if not pending:
                break
            pause(attempt)
        if pending:
            raise IncompleteError(f"{table}: {len(pending[table])} items stayed unprocessed")
