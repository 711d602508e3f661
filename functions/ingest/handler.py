"""`POST /v1/{track,identify,page,screen,group,alias,batch}`: Segment's HTTP tracking API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from commerce.families import discover
from functions.common import firehose, streams, telemetry
from functions.common.aws import client
from functions.common.dynamodb import IncompleteError
from functions.common.environment import setting
from functions.common.http import Answer, ApiError, answer, answering
from functions.ingest import body, counting, sessions
from functions.ingest.auth import Keys, Sender
from functions.ingest.logic import Sorted, sort

KINDS = frozenset({"track", "identify", "page", "screen", "group", "alias", "batch"})
RETRY_AFTER_SECONDS = 5
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST,OPTIONS",
    "Access-Control-Allow-Headers": "Authorization,Content-Type,Content-Encoding,X-Retry-Count",
    "Access-Control-Max-Age": "86400",
}
"""Any page may send events: the write key is what admits them, and no cookie is ever read."""

_REFUSED = (firehose.NotDeliveredError, counting.ContendedError, streams.ContendedError, IncompleteError)

log = telemetry.logger("ingest")
metrics = telemetry.metrics("ingest")


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    reply = answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))
    reply["headers"] |= CORS
    return reply


def respond(event: Mapping[str, Any]) -> Answer:
    """Authenticate, sort, deliver, and tell the sender what became of every message."""
    if event.get("httpMethod") == "OPTIONS":
        return answer(204)
    kind = (event.get("path") or "").rstrip("/").rpartition("/")[2]
    if event.get("httpMethod") != "POST" or kind not in KINDS:
        raise ApiError(404, "not_found", f"POST to /v1/ followed by one of: {', '.join(sorted(KINDS))}")
    received_at = datetime.now(UTC)
    delivery = body.read(event, kind)
    try:
        sender = keys().sender(event, delivery.write_key)
        result = sort(delivery.messages, received_at=received_at, sent_at=delivery.sent_at, sender=sender)
        _deliver(result, received_at)
    except (*_REFUSED, ClientError, BotoCoreError) as error:
        log.warning("not delivered", reason=type(error).__name__, cause=_code(error), events=len(delivery.messages))
        raise ApiError(
            503,
            "unavailable",
            "the events could not be kept; send the same call again, nothing is counted twice",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        ) from error
    metrics.add_metric("AcceptedEvents", MetricUnit.Count, len(result.lines))
    metrics.add_metric("RejectedEvents", MetricUnit.Count, len(result.rejections))
    return _tell(result, batch=delivery.batch)


def _deliver(result: Sorted, now: datetime) -> None:
    """The lake first: a process killed after it has kept the events, and the client's resend does the rest."""
    stream = client("firehose")
    if result.lines:
        firehose.put(stream, setting("EVENTS_STREAM"), result.lines)
    if result.refused:
        firehose.put(stream, setting("REJECTED_STREAM"), result.refused)
    if result.counts:
        counting.add(client("dynamodb"), setting("COUNTERS_TABLE"), result.counts, now=now)
    for family, observations in result.observations.items():
        assessment = discover()[family].assessment
        if assessment is not None:
            streams.observe(client("dynamodb"), setting("COUNTERS_TABLE"), assessment.streams, observations, now=now)
    if result.actions:
        _keep_actions(result, now)


def _keep_actions(result: Sorted, now: datetime) -> None:
    """Never fails the delivery: the lake has the events, and whoever sent them has done their part."""
    try:
        dynamodb = client("dynamodb", read_timeout=1.0, attempts=2)
        sessions.add(dynamodb, setting("COUNTERS_TABLE"), result.actions, now=now)
    except Exception as error:  # noqa: BLE001 (whatever it is, the events are safe)
        metrics.add_metric("SessionFailures", MetricUnit.Count, 1)
        log.warning("latest actions not kept", reason=type(error).__name__, cause=_code(error))


def _tell(result: Sorted, *, batch: bool) -> Answer:
    rejected = [rejection.body() for rejection in result.rejections]
    if rejected and not batch:
        reasons = "; ".join(result.rejections[0].reasons)
        raise ApiError(400, "invalid_event", reasons, details={"rejected": rejected})
    return answer(200, {"success": True, "accepted": len(result.lines), "rejected": rejected})


@cache
def keys() -> Keys:
    """The write keys of the `keys` table."""
    dynamodb = client("dynamodb")
    table = setting("KEYS_TABLE")

    def lookup(digest: str) -> Sender | None:
        item = dynamodb.get_item(TableName=table, Key={"pk": {"S": digest}}).get("Item")
        if item is None or not item.get("enabled", {}).get("BOOL", False):
            return None
        return Sender(item.get("source", {}).get("S", "unnamed"), item.get("server", {}).get("BOOL", False))

    return Keys(lookup)


def _code(error: BaseException) -> str:
    """AWS's code of the failure, without its message: that may quote what was sent."""
    cause = error if isinstance(error, ClientError) else error.__cause__
    return cause.response["Error"]["Code"] if isinstance(cause, ClientError) else ""
