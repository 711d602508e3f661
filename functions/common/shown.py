"""Visitors' memories of what they were shown, in DynamoDB: written and read where questions are answered.

An item holds an attribute per answer, its name the answer's id: JSON text, when (seconds since 1970) and which
products, the first place first. So a memory is added by one write that need not know the others: of two answers at once
both are remembered, though neither knows of the other and both may show the same. `ttl` is as in every table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from commerce.shown import HOURS, KEPT
from functions.common.counters import key
from functions.common.dynamodb import Item

SECONDS = 0.5
"""How long an answer may wait for being remembered."""
FORGOTTEN = 100
"""Most memories that one write removes: an update's text is limited, and the next write removes more."""
_OWN = frozenset({"pk", "sk", "ttl"})


class Memory(NamedTuple):
    """What one answer showed. Sorts by time."""

    at: int
    """Seconds since 1970."""
    answer: str
    products: list[str]


def latest(memories: Iterable[Memory], now: datetime) -> list[str]:
    """The newest `KEPT` products of the last `HOURS`, the newest answer's first, each once."""
    return list(islice(_products(memories, now), KEPT))


def outdated(memories: Iterable[Memory], now: datetime) -> list[str]:
    """Ids of the answers that `latest` has no need of, the oldest first."""
    memories = sorted(memories)
    needed = set(latest(memories, now))
    useless: list[str] = []
    for memory in reversed(memories):
        if memory.at <= _too_old(now) or needed.isdisjoint(memory.products):
            useless.append(memory.answer)
        needed.difference_update(memory.products)
    return useless[::-1]


def from_item(item: Item) -> list[Memory]:
    """As read, oldest first; what cannot be read is as good as none."""
    return sorted(memory for name, value in item.items() if name not in _OWN and (memory := _memory(name, value)))


def add(client: Any, table: str, pair: tuple[str, str], memory: Memory, forget: Sequence[str] = ()) -> None:
    """Remember it, in one write that also removes the memories `forget` (answers' ids). Raises the SDK's errors."""
    names = {f"#f{number}": answer for number, answer in enumerate(forget[:FORGOTTEN])}
    update = "SET #answer = :answer, #ttl = :ttl" + (f" REMOVE {', '.join(names)}" if names else "")
    expires = memory.at + round(timedelta(hours=HOURS).total_seconds())
    client.update_item(
        TableName=table,
        Key=key(pair),
        UpdateExpression=update,
        ExpressionAttributeNames={"#answer": memory.answer, "#ttl": "ttl"} | names,
        ExpressionAttributeValues={
            ":answer": {"S": to_json([memory.at, memory.products]).decode()},
            ":ttl": {"N": str(expires)},
        },
    )


def _products(memories: Iterable[Memory], now: datetime) -> Iterator[str]:
    newest = sorted((memory for memory in memories if memory.at > _too_old(now)), reverse=True)
    return iter(dict.fromkeys(product for memory in newest for product in memory.products))


def _too_old(now: datetime) -> float:
    return (now - timedelta(hours=HOURS)).timestamp()


def _memory(answer: str, value: dict[str, Any]) -> Memory | None:
    try:
        at, products = from_json(value["S"])
        return Memory(int(at), answer, [str(product) for product in products])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
