"""`POST /v1/<family>` of every family with a route of its own."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.metrics import MetricResolution, MetricUnit

from commerce.questions import Answered
from functions.ask import requests
from functions.ask.requests import Request
from functions.common import exposures, telemetry
from functions.common.asking import MEMORY, MODEL, Asked, ask
from functions.common.asking_storage import AwsStorage
from functions.common.exposures import Exposure
from functions.common.http import Answer, answer, answering
from functions.common.settings import parameters

log = telemetry.logger("ask")
metrics = telemetry.metrics("ask")
storage = AwsStorage()


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))


def respond(event: dict[str, Any]) -> Answer:
    """Read the question, find the answer, keep what it shows, and count who answered."""
    request = requests.read(event)
    metrics.add_dimension("family", request.family.name)
    id_, now = uuid4().hex, datetime.now(UTC)
    failures: Counter[str] = Counter()

    def failed(what: str, error: Exception) -> None:
        failures[what] += 1
        log.warning("answered without", what=what, error=type(error).__name__)

    outcome = ask(
        request.family, [Asked(id_, request.question)], storage, parameters=parameters, now=now, failed=failed
    )
    metrics.add_metric("Answers", MetricUnit.Count, 1)
    metrics.add_metric("BaselineAnswers", MetricUnit.Count, outcome.baselines)
    metrics.add_metric("ModelCalls", MetricUnit.Count, outcome.calls)
    failed_calls = failures.pop(MODEL, 0)
    if outcome.calls:
        # Also where none failed, so that its average is the share of calls that do; by the second, for quick alarms.
        metrics.add_metric("ModelFailures", MetricUnit.Count, failed_calls, resolution=MetricResolution.High)
    if lost := failures.pop(MEMORY, 0):
        metrics.add_metric("MemoryFailures", MetricUnit.Count, lost)
    if failures:
        metrics.add_metric("ReadFailures", MetricUnit.Count, failures.total())
    (found,) = outcome.answers
    _keep(request, id_, found, now)
    return answer(200, Answered(exposure_id=id_, generated_at=now, answer=found))


def _keep(request: Request, id_: str, found: dict[str, Any], now: datetime) -> None:
    """An exposure that is lost costs the next training a little; an answer that is lost costs the customer."""
    try:
        exposures.keep([Exposure(id_, request.family, request.question, found, now)])
    except Exception as error:  # noqa: BLE001 - see above
        metrics.add_metric("ExposureFailures", MetricUnit.Count, 1)
        log.warning("an exposure is lost", error=type(error).__name__)
