"""`POST /v1/<family>:assess` of every family that decides on events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.metrics import MetricUnit

from commerce.assessments.answer import Assessed
from functions.assess import keeping, requests
from functions.assess.logic import Decision, assess
from functions.assess.requests import Request
from functions.assess.storage import AwsStorage
from functions.common import telemetry
from functions.common.http import Answer, answer, answering
from functions.common.settings import parameters

log = telemetry.logger("assess")
metrics = telemetry.metrics("assess")
storage = AwsStorage()


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(
        lambda: respond(event, datetime.now(UTC)), lambda error: log.error("unexpected", error=type(error).__name__)
    )


def respond(event: dict[str, Any], now: datetime) -> Answer:
    """Read the event, decide, keep what was decided, and count what happened."""
    request = requests.read(event, now)
    metrics.add_dimension("family", request.family.name)
    failures: list[str] = []

    def failed(what: str, error: Exception) -> None:
        failures.append(what)
        log.warning("decided without", what=what, error=type(error).__name__)

    decision = assess(request, uuid4().hex, storage, parameters(request.family), now, failed)
    answered = decision.answer if decision.repeated else _keep(request, decision, now)
    if not decision.repeated:
        _measure(answered, decision)
    # 1 or 0, so that the average is the share of decisions that went without something.
    metrics.add_metric("DecisionsWithout", MetricUnit.Count, int(bool(failures)))
    return answer(200, answered)


def _keep(request: Request, decision: Decision, now: datetime) -> Assessed:
    """A decision that cannot be counted is given all the same; alarms tell of it."""
    answered = decision.answer
    try:
        answered = keeping.count(request, decision, now)
    except Exception as error:  # noqa: BLE001 - see above
        metrics.add_metric("CountFailures", MetricUnit.Count, 1)
        log.warning("a decision is not counted", error=type(error).__name__)
    if answered.decision_id != decision.answer.decision_id:
        return answered
    try:
        keeping.tell(request, decision, storage.rules_version(request.family), now)
    except Exception as error:  # noqa: BLE001 - see above
        metrics.add_metric("SnapshotFailures", MetricUnit.Count, 1)
        log.warning("a decision is not told to the lake", error=type(error).__name__)
    return answered


def _measure(answered: Assessed, decision: Decision) -> None:
    """Alert volumes and blocked amounts, for the console and the alarms."""
    names = {"approve": "Approved", "review": "Reviewed", "block": "Blocked"}
    for outcome, name in names.items():
        metrics.add_metric(name, MetricUnit.Count, int(outcome == answered.outcome))
    if answered.outcome == "block":
        metrics.add_metric("BlockedAmount", MetricUnit.NoUnit, decision.amount)
    metrics.add_metric("RulesAlone", MetricUnit.Count, int(answered.source == "baseline"))
