"""`GET /v1/reviews/{family}` and `POST /v1/reviews/{family}/{event}`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError
from pydantic_core import to_json

from commerce.assessments.answer import Assessed
from commerce.assessments.reviews import Given, Review
from commerce.streams import Label
from commerce.streams.observation import digest
from commerce.streams.windows import micros
from functions.common import firehose, reviews, streams, telemetry
from functions.common.aws import client
from functions.common.environment import setting
from functions.common.http import Answer, ApiError, answer, answering
from functions.reviews import requests
from functions.reviews.requests import Asked, Page

log = telemetry.logger("reviews")
metrics = telemetry.metrics("reviews")


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(
        lambda: respond(event, datetime.now(UTC)), lambda error: log.error("unexpected", error=type(error).__name__)
    )


def respond(event: dict[str, Any], now: datetime) -> Answer:
    """A page of the queue, or a verdict."""
    asked = requests.read(event)
    if isinstance(asked, Asked):
        return answer(200, _judged(asked, now))
    return answer(200, _page(asked))


def _page(asked: Page) -> Any:
    try:
        return reviews.page(
            client("dynamodb"), setting("COUNTERS_TABLE"), asked.family, asked.state, asked.most, asked.after
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        raise ApiError(400, "invalid_request", "next: not one that a page gave") from None


def _judged(asked: Asked, now: datetime) -> Review:
    """The lake first: a process killed after it has kept the label, and asking again does the rest."""
    dynamodb, table, of = client("dynamodb"), setting("COUNTERS_TABLE"), asked.assessment.streams
    known = streams.Known(asked.event_id, Label(asked.verdict.fraud, micros(now)))
    record = streams.read(dynamodb, table, of, [known], now).records.get(streams.record_key(of, asked.event_id))
    if record is None or record.decision is None:
        raise ApiError(404, "unknown_event", "no decision on this event is remembered")
    decision = Assessed.model_validate(record.decision)
    firehose.put(client("firehose"), setting("EVENTS_STREAM"), [_label(asked, now)])
    streams.observe(dynamodb, table, of, [known], now=now)
    given = Given(**asked.verdict.model_dump(), at=now)
    review = reviews.close(dynamodb, table, decision, given, now)
    metrics.add_dimension("family", asked.family)
    metrics.add_metric("Verdicts", MetricUnit.Count, 1)
    metrics.add_metric("FraudVerdicts", MetricUnit.Count, int(asked.verdict.fraud))
    # A decision that was never queued, such as a block that a customer complains of, can be judged as well.
    return review or Review(decision=decision, amount=0.0, verdict=given)


def _label(asked: Asked, now: datetime) -> bytes:
    """The event `Label Given`, as ingest would write it."""
    at = now.isoformat()
    properties = {
        "event_type": asked.assessment.event_type,
        "event_id": asked.event_id,
        "fraud": asked.verdict.fraud,
        "source": "review",
    }
    row = {
        "message_id": f"review-{digest(asked.event_id)}-{micros(now)}",
        "type": "track",
        "name": "Label Given",
        "customer_id": None,
        "anonymous_id": "review",
        "session_id": None,
        "timestamp": at,
        "received_at": at,
        "properties": to_json(properties).decode(),
        "traits": None,
        "context": None,
    }
    return to_json(row) + b"\n"
