"""What visitors did and were shown lately, from the `counters` table, read together."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commerce.actions import Action
from commerce.shown import SHOWN
from functions.common import actions, shown
from functions.common.counters import key
from functions.common.dynamodb import batch_get
from functions.common.shown import Memory

Key = tuple[str, str]
"""(pk, sk), of `commerce.actions` or of `commerce.shown`."""


@dataclass(frozen=True, slots=True)
class Lately:
    """Of those visitors that have any, oldest first."""

    actions: Mapping[Key, list[Action]] = field(default_factory=dict)
    shown: Mapping[Key, list[Memory]] = field(default_factory=dict)


def read(client: Any, table: str, keys: Iterable[Key], *, seconds: float | None = None) -> Lately:
    """Actions and memories by their keys.

    Raises `functions.common.dynamodb.IncompleteError` where keys stay unprocessed, after `seconds` at the latest.
    """
    now = time.time()
    items = batch_get(client, table, [key(pair) for pair in dict.fromkeys(keys)], seconds=seconds)
    # DynamoDB removes what has expired within days, not at once.
    items = [item for item in items if float(item.get("ttl", {}).get("N", math.inf)) > now]
    found = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
    done = {pair: actions.of_item(item) for pair, item in found.items() if pair[1] != SHOWN}
    seen = {pair: shown.from_item(item) for pair, item in found.items() if pair[1] == SHOWN}
    return Lately(
        {pair: each for pair, each in done.items() if each}, {pair: each for pair, each in seen.items() if each}
    )
