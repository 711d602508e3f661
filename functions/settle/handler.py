"""Settles a round of sending: `{"campaign_id", "run"}` → `{"next", "at", "reason"}`. Settling again says the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from commerce.campaigns.lifecycle import Campaign, Delivery
from commerce.campaigns.places import run_name
from functions.common import campaigns, telemetry
from functions.common.aws import client
from functions.common.environment import setting
from functions.settle.logic import Decision, Rounds, broken, decide

log = telemetry.logger("settle")
metrics = telemetry.metrics("settle")


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    dynamodb, table = client("dynamodb"), setting("CAMPAIGNS_TABLE")
    id_ = event["campaign_id"]
    run = event["run"] if isinstance(event["run"], str) else run_name(event["run"])
    parts = campaigns.parts(dynamodb, table, id_, run)
    total = campaigns.delivery(parts)
    before = 0

    def with_delivery(campaign: Campaign) -> Campaign:
        nonlocal before
        before = campaign.delivery.sent if campaign.delivery else 0
        return campaign.model_copy(update={"delivery": total})

    campaign = campaigns.change(dynamodb, table, id_, with_delivery)
    rounds = _rounds(dynamodb, table, id_, run)
    decision = decide(campaign.status, parts, rounds, datetime.now(UTC))
    _remember(dynamodb, table, id_, run, decision.rounds)
    _measure(total, total.sent - before, broken(parts))
    log.info("settled", campaign_id=id_, run=run, next=decision.next, **total.model_dump())
    return _answer(decision)


def _answer(decision: Decision) -> dict[str, Any]:
    """With `at` in the one form that a Wait state takes."""
    at = decision.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if decision.at else ""
    return {"next": decision.next, "at": at, "reason": decision.reason}


def _measure(total: Delivery, sent: int, failed_parts: int) -> None:
    metrics.add_metric("LettersSent", MetricUnit.Count, max(0, sent))
    metrics.add_metric("LettersInDoubt", MetricUnit.Count, total.in_doubt)
    metrics.add_metric("FailedParts", MetricUnit.Count, failed_parts)


def _rounds(dynamodb: Any, table: str, id_: str, run: str) -> Rounds:
    item = dynamodb.get_item(TableName=table, Key=_key(id_, run), ConsistentRead=True).get("Item")
    return Rounds.model_validate_json(item["document"]["S"]) if item else Rounds()


def _remember(dynamodb: Any, table: str, id_: str, run: str, rounds: Rounds) -> None:
    item = _key(id_, run) | {"document": {"S": rounds.model_dump_json()}}
    dynamodb.put_item(TableName=table, Item=item)


def _key(id_: str, run: str) -> dict[str, Any]:
    return {"pk": {"S": f"rounds#{id_}#{run}"}, "sk": {"S": "rounds"}}
