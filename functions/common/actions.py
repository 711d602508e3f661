"""Visitors' latest actions in DynamoDB: kept by ingest, read where questions are answered.

An item holds `told`, JSON text with a row per message, oldest first: when, the message's id (one that is sent again
adds nothing), what was done, with which products. `revision` rises with every write; `ttl` is as in every table.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from commerce.actions import DAYS, Action, Kind
from functions.common.counters import key
from functions.common.dynamodb import Item, batch_get


class Told(NamedTuple):
    """What one message told: something done with a product, or with those of an order's lines. Sorts by time."""

    at: str
    """ISO 8601 as `instant` writes it."""
    message: str
    kind: Kind
    products: list[str]

    @property
    def actions(self) -> list[Action]:
        """Action by action, in the order of the lines."""
        at = datetime.fromisoformat(self.at)
        return [Action(kind=self.kind, product_id=product, at=at) for product in self.products]


def instant(at: datetime) -> str:
    """Texts of the same length in the same zone: they sort as the times do, and nobody has to parse them for that."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read(
    client: Any, table: str, keys: Iterable[tuple[str, str]], *, seconds: float | None = None
) -> dict[tuple[str, str], list[Action]]:
    """Actions, oldest first, of the visitors that have any, by `commerce.actions.customer_key` and `visitor_key`.

    Raises `functions.common.dynamodb.IncompleteError` where keys stay unprocessed, after `seconds` at the latest.
    """
    now = time.time()
    items = batch_get(client, table, [key(pair) for pair in dict.fromkeys(keys)], seconds=seconds)
    # DynamoDB removes what has expired within days, not at once.
    found = {
        (item["pk"]["S"], item["sk"]["S"]): _actions(item)
        for item in items
        if float(item.get("ttl", {}).get("N", math.inf)) > now
    }
    return {pair: actions for pair, actions in found.items() if actions}


def to_item(pair: tuple[str, str], told: Sequence[Told], revision: int) -> Item:
    """As stored. `told`, oldest first, is not empty."""
    expires = datetime.fromisoformat(told[-1].at) + timedelta(days=DAYS)
    return key(pair) | {
        "told": {"S": to_json(told).decode()},
        "revision": {"N": str(revision)},
        "ttl": {"N": str(math.ceil(expires.timestamp()))},
    }


def from_item(item: Item) -> list[Told]:
    """As read, oldest first; an item that cannot be read is as good as none."""
    try:
        return [Told(*row) for row in from_json(item["told"]["S"])]
    except (KeyError, TypeError, ValueError):
        return []


def _actions(item: Item) -> list[Action]:
    try:
        return [action for told in from_item(item) for action in told.actions]
    except (TypeError, ValueError):
        return []
