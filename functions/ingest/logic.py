"""Which messages are accepted, and what is kept of each. Pure: no AWS, no clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from commerce import actions
from commerce.counters import OrderCount, counts
from commerce.events import FROM_SERVERS, Event, lake_row, parse, reasons
from functions.common.actions import Told, instant
from functions.common.streams import Observation
from functions.ingest.auth import Sender
from functions.ingest.observing import observation

MAX_ROW_BYTES = 256_000
"""Firehose takes records up to 1,000 KiB and Athena lines up to some MB; an event beyond this is not one."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A message that was refused, as the answer tells it."""

    index: int
    message_id: str | None
    reasons: list[str]

    def body(self) -> dict[str, Any]:
        """As the answer carries it."""
        return {"index": self.index, "messageId": self.message_id, "reasons": self.reasons}


@dataclass(slots=True)
class Sorted:
    """A delivery sorted into what goes where."""

    lines: list[bytes] = field(default_factory=list)
    """Accepted: rows of the `events` table, one JSON line each."""
    refused: list[bytes] = field(default_factory=list)
    """Refused: the message with the reasons, one JSON line each."""
    rejections: list[Rejection] = field(default_factory=list)
    counts: list[tuple[str, OrderCount]] = field(default_factory=list)
    """What the accepted ones add to the counters, by message id."""
    actions: dict[tuple[str, str], list[Told]] = field(default_factory=dict)
    """What they tell of visitors' actions, by (pk, sk) of the visitor's item."""
    observations: dict[str, list[Observation]] = field(default_factory=dict)
    """What they tell of payments, logins and sessions, by the family that counts them."""


def sort(messages: list[Any], *, received_at: datetime, sent_at: datetime | None, sender: Sender) -> Sorted:
    """Validate every message on its own: one that is wrong never costs its neighbours.

    `received_at` in UTC; the sender's source is kept with the refused ones so that it can be found.
    """
    out = Sorted()
    for index, message in enumerate(messages):
        if isinstance(message, dict) and message.get("messageId") in (None, ""):
            message["messageId"] = identity(message, received_at)
        try:
            event = parse(message, received_at=received_at, sent_at=sent_at)
            line = to_json(lake_row(event)) + b"\n"
        except ValidationError as error:
            _refuse(out, index, message, reasons(error), received_at, sender.source)
            continue
        except OverflowError:
            _refuse(out, index, message, ["timestamp: out of the calendar's range"], received_at, sender.source)
            continue
        if event.type == "track" and event.name in FROM_SERVERS and not sender.server:
            reason = (
                f"event: {event.name} needs a server's write key: `shopkeeper keys create … --server`; this key is a "
                "browser's, which anybody can read"
            )
            _refuse(out, index, message, [reason], received_at, sender.source)
            continue
        if len(line) > MAX_ROW_BYTES:
            reason = (
                f"message: {len(line)} bytes as a row, more than {MAX_ROW_BYTES}; send less in properties or context"
            )
            _refuse(out, index, message, [reason], received_at, sender.source)
            continue
        out.lines.append(line)
        _count(out, event)
        _note(out, event)
        if (observed := observation(event)) is not None:
            out.observations.setdefault(observed[0], []).append(observed[1])
    return out


def identity(message: dict[str, Any], received_at: datetime) -> str:
    """The id of a message that came without one: the same whenever the same message is sent again.

    The hash of its content, less what a client changes from one attempt to the next (`sentAt`). A message that has
    no time of its own either is the same only within one UTC day: further apart it is more likely something that
    happened twice.
    """
    content = {k: v for k, v in message.items() if k not in ("messageId", "sentAt", "writeKey")}
    if not (content.get("timestamp") or content.get("originalTimestamp")):
        content["day"] = received_at.date().isoformat()
    return "h-" + hashlib.sha256(_canonical(content)).hexdigest()[:32]


def _canonical(value: Any) -> bytes:
    return to_json(_ordered(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def _count(out: Sorted, event: Event) -> None:
    count = counts(event)
    if count is not None:
        out.counts.append((event.message_id, count))


def _note(out: Sorted, event: Event) -> None:
    done = actions.actions(event)
    visitor = actions.key(event) if done else None
    if visitor is not None:
        products = [action.product_id for action in done]
        told = Told(instant(event.timestamp), event.message_id, done[0].kind, products)
        out.actions.setdefault(visitor, []).append(told)


def _refuse(out: Sorted, index: int, message: Any, why: list[str], received_at: datetime, source: str) -> None:
    given = message.get("messageId") if isinstance(message, dict) else None
    message_id = given if isinstance(given, str) else None
    out.rejections.append(Rejection(index, message_id, why))
    record = {
        "received_at": received_at.isoformat(),
        "source": source,
        "message_id": message_id,
        "reasons": why,
        "message": message,
    }
    out.refused.append(to_json(record) + b"\n")
