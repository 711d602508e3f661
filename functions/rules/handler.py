"""The rule routes: `/v1/rules/{family}` and below it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

from commerce.rules.book import RuleVersions
from commerce.rules.vocabulary import vocabulary
from functions.common import telemetry
from functions.common.http import Answer, ApiError, answer, answering
from functions.common.rules import ConflictError
from functions.rules import logic, requests
from functions.rules.requests import Asked
from functions.rules.storage import AwsStorage

log = telemetry.logger("rules")
metrics = telemetry.metrics("rules")
storage = AwsStorage()


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))


def respond(event: dict[str, Any]) -> Answer:
    """Do what is asked; what storage refuses becomes an answer that says so."""
    asked = requests.read(event)
    try:
        return answer(200, _done(asked, datetime.now(UTC)))
    except ConflictError as error:
        raise ApiError(409, "conflict", str(error)) from None


def _done(asked: Asked, now: datetime) -> BaseModel:
    match asked.action:
        case "get":
            return logic.shown(storage, asked.family)
        case "versions":
            return RuleVersions(versions=storage.versions(asked.family))
        case "save":
            return logic.save(storage, vocabulary(asked.assessment), asked.family, asked.new(), now)
        case "simulate":
            return logic.tried(storage, vocabulary(asked.assessment), asked.family, asked.version(), now)
        case "activate":
            live = logic.activate(storage, asked.family, asked.version(), now)
            log.info("rules are live", family=asked.family, version=live.book.version)
            return live
