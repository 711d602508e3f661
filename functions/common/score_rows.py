"""Rows of the `scores` table: one per entity and model version, so that a release never rewrites them."""

from __future__ import annotations

import json
from typing import Any

from functions.common.dynamodb import Item, Key

MOST_BYTES = 400 * 1024
"""Of an item in DynamoDB, names of attributes included."""


class TooLargeError(Exception):
    """An entity's answer is more than an item of DynamoDB may hold."""


def key(family: str, entity_id: str, version: str) -> Key:
    """pk `<family>#<entity id>`, sk the version."""
    return {"pk": {"S": f"{family}#{entity_id}"}, "sk": {"S": version}}


def row(family: str, entity_id: str, version: str, answer: dict[str, Any], expires: int) -> Item:
    """A row; the answer is kept as JSON text, `expires` is in seconds since 1970. Raises `TooLargeError`."""
    text = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
    item = key(family, entity_id, version) | {"answer": {"S": text}, "ttl": {"N": str(expires)}}
    size = sum(len(name) + len(value.encode()) for name, typed in item.items() for value in typed.values())
    if size > MOST_BYTES:
        raise TooLargeError(f"{size:,} bytes; an item of DynamoDB holds {MOST_BYTES:,}: publish less per entity")
    return item


def answer(item: Item) -> dict[str, Any]:
    """The answer of a row."""
    return json.loads(item["answer"]["S"])
