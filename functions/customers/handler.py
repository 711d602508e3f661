"""`DELETE /v1/customers/{id}`, `GET /v1/customers/{id}/export` and `GET /v1/privacy-requests/{request_id}`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.common import telemetry
from functions.common.http import Answer, answer, answering
from functions.customers import logic, requests
from functions.customers.storage import AwsStorage

log = telemetry.logger("customers")
metrics = telemetry.metrics("customers")


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))


def respond(event: dict[str, Any]) -> Answer:
    """Do what is asked. The log names the request, never the customer."""
    asked, storage = requests.read(event), AwsStorage()
    if isinstance(asked, requests.Status):
        return answer(200, logic.status(storage, asked.request_id))
    if isinstance(asked, requests.Erase):
        request = logic.erase(storage, asked.customer_id, datetime.now(UTC))
        log.info("erasure", request_id=request.request_id)
        return answer(202, request)
    export = logic.export(storage, asked.customer_id, datetime.now(UTC))
    log.info("export", request_id=export.request_id, status=export.status)
    return answer(200 if export.url else 202, export)
