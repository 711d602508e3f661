"""`GET` and `POST /v1/unsubscribe?token=…`: pages for people, and RFC 8058's one-click POST for their mail programs.

GET changes nothing: mail programs and virus scanners fetch every link of a letter. POST needs no cookie and no page
before it; the token alone says who it is. It does not matter what the body says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic_core import to_json

from commerce.campaigns.shop import Sender
from commerce.events import lake_row, parse
from functions.common import firehose, ledger, telemetry
from functions.common.aws import client
from functions.common.environment import setting
from functions.common.secrets import token_secrets
from functions.common.tokens import Claims, TokenError, verify
from functions.unsubscribe import pages

log = telemetry.logger("unsubscribe")
metrics = telemetry.metrics("unsubscribe")


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function: an API Gateway proxy event in, a page out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    sender = Sender.model_validate_json(setting("SHOP"))
    try:
        return respond(event, sender, datetime.now(UTC))
    except Exception as error:  # noqa: BLE001 - the last line before a person: they must get a page
        log.error("unexpected", error=type(error).__name__)
        return pages.answer(503, pages.trouble(sender))


def respond(event: Mapping[str, Any], sender: Sender, now: datetime) -> dict[str, Any]:
    """Check the token, and on POST unsubscribe."""
    token = (event.get("queryStringParameters") or {}).get("token") or ""
    try:
        claims = verify(token_secrets().accepted, token, now)
    except TokenError as error:
        metrics.add_metric("UselessLinks", MetricUnit.Count, 1)
        expired = error.kind == "expired"
        return pages.answer(410 if expired else 400, pages.no_use(sender, expired=expired))
    if event.get("httpMethod") != "POST":
        return pages.answer(200, pages.question(sender))
    ledger.unsubscribe(client("dynamodb"), setting("LETTERS_TABLE"), claims.customer_id, now)
    metrics.add_metric("Unsubscribed", MetricUnit.Count, 1)
    _tell_lake(claims, now)
    return pages.answer(200, pages.done(sender))


def _tell_lake(claims: Claims, now: datetime) -> None:
    """One event however often the link is used. What sending goes by is the ledger, and that is written."""
    message = {
        "type": "track",
        "messageId": f"unsubscribed-{claims.letter_id}",
        "userId": claims.customer_id,
        "event": "Unsubscribed",
        "timestamp": now.isoformat(),
        "properties": {"email_id": claims.letter_id, "campaign_id": claims.campaign_id},
    }
    row = to_json(lake_row(parse(message, received_at=now))) + b"\n"
    try:
        firehose.put(client("firehose"), setting("EVENTS_STREAM"), [row])
    except firehose.NotDeliveredError:
        metrics.add_metric("UnsubscribedEventsLost", MetricUnit.Count, 1)
        log.error("the lake was not told")
