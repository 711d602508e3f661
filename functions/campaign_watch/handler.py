"""Every five minutes: the metric `OldestUnsentPartSeconds`, 0 where no part waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from commerce.campaigns.places import run_name
from functions.common import campaigns, telemetry
from functions.common.aws import client
from functions.common.campaigns import PartProgress
from functions.common.environment import setting

log = telemetry.logger("campaign_watch")
metrics = telemetry.metrics("campaign_watch")


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    dynamodb, table, now = client("dynamodb"), setting("CAMPAIGNS_TABLE"), datetime.now(UTC)
    sending = [campaign for campaign in campaigns.all_(dynamodb, table) if campaign.status == "sending"]
    waits = [oldest(campaigns.parts(dynamodb, table, c.id, run_name(c.run)), now) for c in sending]
    seconds = max(waits, default=0.0)
    metrics.add_metric("OldestUnsentPartSeconds", MetricUnit.Seconds, seconds)
    log.info("watched", sending=len(sending), seconds=seconds)
    return {"seconds": seconds}


def oldest(parts: Iterable[PartProgress], now: datetime) -> float:
    """Seconds for which the oldest unsent part could have been sent. One that waits for a time has it from then on."""
    since = [
        max(part.first_at or now, part.resume_at or part.first_at or now) for part in parts if part.state != "done"
    ]
    return max((max(0.0, (now - at).total_seconds()) for at in since), default=0.0)
