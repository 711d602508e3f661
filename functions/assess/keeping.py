"""What is kept of a decision: counts, record and review in one transaction; event and decision in the lake's stream."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from pydantic_core import to_json

from commerce.assessments.answer import Assessed
from commerce.streams.observation import digest
from functions.assess.logic import Decision
from functions.assess.requests import Request
from functions.common import firehose, reviews, streams
from functions.common.aws import client
from functions.common.environment import setting
from functions.common.streams import Held

SECONDS = 0.5
"""How long an answer may wait for each of the two."""
NAME = "Decision Made"
_REFUSED = "TransactionCanceledException"


def count(request: Request, decision: Decision, now: datetime) -> Assessed:
    """Count the event with its decision. Gives the decision that holds: of the same event asked twice at once, the
    first. Raises botocore's errors or `ContendedError`."""
    assert decision.told is not None and decision.held is not None  # noqa: S101 - only new decisions are counted
    table, of = setting("COUNTERS_TABLE"), request.assessment.streams
    dynamodb = client("dynamodb", read_timeout=SECONDS, attempts=1)
    answer = decision.answer
    event_id = answer.event_id
    decisions = {event_id: answer.model_dump(mode="json")}
    held = decision.held
    for attempt in range(streams.ATTEMPTS):
        if attempt:
            held = _again(dynamodb, table, request, decision, now)
            record = held.records.get(streams.record_key(of, event_id))
            if record is not None and record.decision is not None:
                return Assessed.model_validate(record.decision)
        actions = streams.transaction(table, of, held, [decision.told], now, decisions)
        if answer.outcome == "review":
            actions += reviews.asked(table, answer, decision.amount, now)
        try:
            dynamodb.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if error.response["Error"]["Code"] != _REFUSED:
                raise
        else:
            return answer
    raise streams.ContendedError(f"a decision could not be counted after {streams.ATTEMPTS} attempts")


def _again(dynamodb: Any, table: str, request: Request, decision: Decision, now: datetime) -> Held:
    assert decision.told is not None  # noqa: S101 - see above
    return streams.read(dynamodb, table, request.assessment.streams, [decision.told], now)


def tell(request: Request, decision: Decision, rules_version: int | None, now: datetime) -> None:
    """Hand event and decision to the lake's stream. Raises `firehose.NotDeliveredError`."""
    stream = client("firehose", read_timeout=SECONDS, attempts=1)
    lines = [_event(request, now), _decision(request, decision, rules_version, now)]
    firehose.put(stream, setting("EVENTS_STREAM"), lines, attempts=1)


def _event(request: Request, now: datetime) -> bytes:
    """The event itself, so that a shop needs to tell it once. Its id sorts before those that senders give: whatever
    else is told of the event at the same time holds."""
    fields = {name: value for name, value in request.fields.items() if value is not None}
    customer = fields.pop("customer_id", None)
    properties = {request.assessment.id_property: request.question.event_id, **fields}
    id_ = f"-assessed-{request.family.name}-{digest(request.question.event_id)}"
    return _row(id_, request.assessment.tracked, customer, request.at, now, properties)


def _decision(request: Request, decision: Decision, rules_version: int | None, now: datetime) -> bytes:
    answer = decision.answer
    properties = {
        "decision_id": answer.decision_id,
        "event_type": answer.event_type,
        "event_id": answer.event_id,
        "family": answer.family,
        "version": answer.version,
        "rules_version": rules_version,
        "source": "rules" if answer.source == "baseline" else answer.source,
        "outcome": answer.outcome,
        "probability": answer.probability,
        "anomaly": answer.anomaly,
        "amount": decision.amount,
        "features": {name: value for name, value in decision.values.items() if value is not None},
        "rules": [rule.id for rule in answer.rules],
        "reasons": [reason.text for reason in answer.reasons],
    }
    if answer.costs is not None:
        properties |= {f"expected_cost_{name}": value for name, value in answer.costs.model_dump().items()}
    known = {name: value for name, value in properties.items() if value is not None}
    return _row(answer.decision_id, NAME, request.question.customer_id, now, now, known)


def _row(
    id_: str, name: str, customer: str | None, at: datetime, now: datetime, properties: Mapping[str, Any]
) -> bytes:
    """As `commerce.events.lake_row` would write it, which a cold start would pay for with the schemas of all events."""
    row = {
        "message_id": id_,
        "type": "track",
        "name": name,
        "customer_id": customer,
        # The lake wants somebody: an event of nobody known is its own visitor.
        "anonymous_id": None if customer else digest(id_),
        "session_id": None,
        "timestamp": at.isoformat(),
        "received_at": now.isoformat(),
        "properties": to_json(properties).decode(),
        "traits": None,
        "context": None,
    }
    return to_json(row) + b"\n"
