"""`GET /v1/monitoring/{family}`: the latest report, or that of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from commerce.families import discover
from commerce.monitoring import key
from functions.common import objects, telemetry
from functions.common.http import Answer, ApiError, answer, answering

log = telemetry.logger("monitoring")
metrics = telemetry.metrics("monitoring")
_ROUTE = "/v1/monitoring/{family}"


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))


def respond(event: Mapping[str, Any]) -> Answer:
    """The report as the job wrote it, checked against the family's own shape."""
    if (event.get("httpMethod"), event.get("resource")) != ("GET", _ROUTE):
        raise ApiError(404, "not_found", f"GET {_ROUTE}")
    name = (event.get("pathParameters") or {}).get("family") or ""
    family = discover().get(name)
    if family is None or family.monitoring is None:
        known = ", ".join(name for name, spec in discover().items() if spec.monitoring)
        raise ApiError(404, "unknown_family", f"{name[:40]!r} is not monitored; there are {known}")
    day = _day(event.get("queryStringParameters") or {})
    try:
        content = objects.read(key(name, day))
    except objects.MissingObjectError:
        when = f" as of {day}" if day else " yet"
        raise ApiError(
            404, "no_report", f"there is no report on {name}{when}: run `shopkeeper monitor {name}`"
        ) from None
    return answer(200, family.monitoring.model_validate_json(content))


def _day(query: Mapping[str, str]) -> date | None:
    text = query.get("date")
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ApiError(400, "invalid_request", "date: a day as YYYY-MM-DD") from None
