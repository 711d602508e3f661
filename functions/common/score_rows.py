"""Rows of the `scores` table: one per entity and model version, so that a release never rewrites them."""

from __future__ import annotations

import json
from typing import Any

from functions.common.dynamodb import Item, Key


def key(family: str, entity_id: str, version: str) -> Key:
    """pk `<family>#<entity id>`, sk the version."""
    return {"pk": {"S": f"{family}#{entity_id}"}, "sk": {"S": version}}


def row(family: str, entity_id: str, version: str, answer: dict[str, Any], expires: int) -> Item:
    """A row; the answer is kept as JSON text, `expires` is in seconds since 1970."""
    text = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
    return key(family, entity_id, version) | {"answer": {"S": text}, "ttl": {"N": str(expires)}}


def answer(item: Item) -> dict[str, Any]:
    """The answer of a row."""
    return json.loads(item["answer"]["S"])
