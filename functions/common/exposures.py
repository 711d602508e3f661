"""What was shown, as one event `Items Shown` of the lake's stream.

A function that keeps exposures reads EVENTS_STREAM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
"""How long an answer, or the letters of a pass, may wait for their exposures to be kept."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """An answer as it was shown, in JSON's types. `context` says more of what was asked for than the question does."""

    id: str
    family: Family
    question: Question
    answer: Mapping[str, Any]
    at: datetime
    context: Mapping[str, str] = field(default_factory=dict)


def keep(exposures: Iterable[Exposure]) -> None:
    """Hand them to the stream, once and briefly: somebody waits for it. Raises `NotDeliveredError`."""
    lines = [line for exposure in exposures if (line := to_line(exposure))]
    if lines:
        stream = client("firehose", read_timeout=SECONDS, attempts=1)
        firehose.put(stream, setting("EVENTS_STREAM"), lines, attempts=1)


def to_line(exposure: Exposure) -> bytes | None:
    """The exposure as a row of the `events` table, in JSON; None where nothing is shown.

    The row is written as `commerce.events.lake_row` would, which a cold start would pay for with the schemas of all
    events. The message's id is the exposure's: however often a line is delivered, the lake keeps it once.
    """
    route, question, answer = exposure.family.route, exposure.question, exposure.answer
    items = route.shows(answer) if route and route.shows else []
    if not items:
        return None
    properties = {
        "exposure_id": exposure.id,
        "family": exposure.family.name,
        **({"version": answer["version"]} if answer["version"] else {}),
        "source": answer["source"],
        "context": {"question": question.model_dump()["question"], **exposure.context},
        "items": [_item(item) for item in items],
    }
    at = exposure.at.isoformat()
    row = {
        "message_id": exposure.id,
        "type": "track",
        "name": NAME,
        "customer_id": question.customer_id,
        "anonymous_id": question.anonymous_id,
        "session_id": None,
        "timestamp": at,
        "received_at": at,
        "properties": to_json(properties).decode(),
        "traits": None,
        "context": None,
    }
    return to_json(row) + b"\n"


def _item(item: Shown) -> dict[str, Any]:
    known = {"score": item.score, "propensity": item.propensity, "source": "exploration" if item.explored else None}
    present = {name: value for name, value in known.items() if value is not None}
    return {"item_id": item.item_id, "position": item.position} | present
