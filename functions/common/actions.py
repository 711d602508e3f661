"""Visitors' latest actions in DynamoDB: kept by ingest, read where questions are answered (`functions.common.lately`).

An item holds `told`, JSON text with a row per message, oldest first: when, the message's id (one that is sent again
adds nothing), what was done, with which products. `revision` rises with every write; `ttl` is as in every table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pydantic_core import from_json, to_json

from commerce.actions import DAYS, Action, Kind
from functions.common.counters import key
from functions.common.dynamodb import Item


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


def of_item(item: Item) -> list[Action]:
    """What was done, action by action, oldest first; nothing of an item that cannot be read."""
    try:
        return [action for told in from_item(item) for action in told.actions]
    except (TypeError, ValueError):
        return []
