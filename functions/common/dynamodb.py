"""Batches of DynamoDB, complete: what one call leaves unprocessed is asked for again."""

from __future__ import annotations

import time
from collections.abc import Mapping
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
    return batch_get_beside(client, table, keys, {}, consistent=consistent, seconds=seconds)[0]


def batch_get_beside(
    client: Any,
    table: str,
    keys: list[Key],
    beside: Mapping[str, list[Key]],
    *,
    consistent: bool = False,
    seconds: float | None = None,
) -> tuple[list[Item], list[Item]]:
    """`batch_get`, and the items of a few keys of other tables (`beside`), eventually consistent, by the same call.

    Of these nothing is asked for again: what stays unprocessed is left out.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    items: list[Item] = []
    others: list[Item] = []
    extra: dict[str, Any] = {name: {"Keys": wanted} for name, wanted in beside.items() if wanted}
    step = GET_KEYS - sum(len(wanted) for wanted in beside.values())
    for start in range(0, len(keys), step):
        pending = {table: {"Keys": keys[start : start + step], "ConsistentRead": consistent}} | extra
        extra = {}
        for attempt in range(ATTEMPTS):
            response = client.batch_get_item(RequestItems=pending)
            for name, found in response["Responses"].items():
                (items if name == table else others).extend(found)
            unprocessed = response.get("UnprocessedKeys") or {}
            pending = {table: unprocessed[table]} if table in unprocessed else {}
            if not pending or (deadline is not None and time.monotonic() > deadline):
                break
            pause(attempt)
        if pending:
            raise IncompleteError(f"{table}: {len(pending[table]['Keys'])} keys stayed unprocessed")
    return items, others


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
