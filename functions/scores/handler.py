"""`GET /v1/customers/{id}/scores`, `POST /v1/scores:batchGet`; of families of products `GET /v1/<collection>/{product}`
and their verbs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.common import telemetry
from functions.common.http import Answer, answer, answering
from functions.common.settings import parameters
from functions.scores import requests
from functions.scores.logic import score
from functions.scores.storage import AwsStorage

log = telemetry.logger("scores")
metrics = telemetry.metrics("scores")
storage = AwsStorage()


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))


def respond(event: dict[str, Any]) -> Answer:
    """Read the question, find the answers, and count how many the baseline had to give."""
    asked, now = requests.read(event), datetime.now(UTC)
    scored = score(storage, asked.ids, asked.families, parameters=parameters, now=now, failed=_failed)
    metrics.add_metric("Answers", MetricUnit.Count, len(asked.ids) * len(asked.families))
    metrics.add_metric("BaselineAnswers", MetricUnit.Count, scored.baselines)
    return answer(200, asked.shape(scored.answers, now))


def _failed(what: str, error: Exception) -> None:
    metrics.add_metric("ModelFailures", MetricUnit.Count, 1)
    log.warning("the baseline answers", what=what, error=type(error).__name__)
