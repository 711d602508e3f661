"""What was shown, as one event `Items Shown` of the lake's stream."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic_core import to_json

from commerce.family import Family
from commerce.questions import Question, Shown
from functions.common import firehose
from functions.common.aws import client
from functions.common.environment import setting

NAME = "Items Shown"
SECONDS = 0.5
"""How long an answer may wait for its exposure to be kept."""


def keep(line: bytes) -> None:
    """Hand a line to the stream, once and briefly: the answer waits for it. Raises `NotDeliveredError`."""
    stream = client("firehose", read_timeout=SECONDS, attempts=1)
    firehose.put(stream, setting("EVENTS_STREAM"), [line], attempts=1)


def line(family: Family, exposure_id: str, question: Question, answer: dict[str, Any], now: datetime) -> bytes | None:
    """The exposure of an answer as a row of the `events` table, in JSON; None where nothing is shown.

    The row is written as `commerce.events.lake_row` would, which a cold start would pay for with the schemas of all
    events. The message's id is the exposure's: however often a line is delivered, the lake keeps it once.
    """
    shows = family.route.shows if family.route else None
    items = shows(answer) if shows else []
    if not items:
        return None
    properties = {
        "exposure_id": exposure_id,
        "family": family.name,
        **({"version": answer["version"]} if answer["version"] else {}),
        "source": answer["source"],
        "context": {"question": question.model_dump()["question"]},
        "items": [_item(item) for item in items],
    }
    row = {
        "message_id": exposure_id,
        "type": "track",
        "name": NAME,
        "customer_id": question.customer_id,
        "anonymous_id": question.anonymous_id,
        "session_id": None,
        "timestamp": now.isoformat(),
        "received_at": now.isoformat(),
        "properties": to_json(properties).decode(),
        "traits": None,
        "context": None,
    }
    return to_json(row) + b"\n"


def _item(item: Shown) -> dict[str, Any]:
    known = {"score": item.score, "propensity": item.propensity, "source": "exploration" if item.explored else None}
    present = {name: value for name, value in known.items() if value is not None}
    return {"item_id": item.item_id, "position": item.position} | present
