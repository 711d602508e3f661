"""What a run of the campaign will do, and what the workflow asks the step that plans it."""

from datetime import UTC, datetime

from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.plan import CampaignPlan
from functions.campaign_plan import logic
from functions.common.campaign_run import Request
from tests.functions.campaign_fixtures import (
    NOW,
    definition,
)

STARTED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PLACES = logic.Places(environment="dev", lake_bucket="lake", models_bucket="models")
EXECUTION = "win-back-r0001-1"
SENDING = {"status": "sending", "run": 1, "execution": EXECUTION}


def planned(preview=False, versions=None, offers=None, scores=None, **changes) -> CampaignPlan:
    """What a run of the campaign will do."""
    campaign = Campaign(id="win-back", author="Robin", definition=definition(**changes), created_at=NOW, changed_at=NOW)
    return logic.plan(
        campaign,
        Request(campaign_id="win-back", run=1, preview=preview),
        started_at=STARTED,
        places=PLACES,
        versions={"win-back": 3} if versions is None else versions,
        offers=offers or {},
        scores=scores or {},
    )


def event(**changes) -> dict:
    """What the workflow asks the plan step."""
    given = {"campaign_id": "win-back", "run": 1, "preview": False} | changes
    return {"input": given, "execution_name": EXECUTION, "started_at": "2026-03-01T09:30:00.000Z"}
