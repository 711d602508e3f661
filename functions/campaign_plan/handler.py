"""Plans a run of a campaign: `{"input", "execution_name", "started_at"}` → `{"begin", "run"}`.

What was planned is read back, so that repeating the step, or resuming the run weeks later, finds the same plan.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.places import PLAN
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.shop import Sending
from commerce.families import discover
from functions.campaign_plan import logic
from functions.common import campaign_files, campaigns, releases, telemetry, templates
from functions.common.aws import client
from functions.common.campaign_files import MissingFileError
from functions.common.campaign_run import Begin, Request
from functions.common.campaigns import UnknownCampaignError
from functions.common.dynamodb import batch_get
from functions.common.environment import setting

log = telemetry.logger("campaign_plan")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function. What stands in the way fails the execution with a reason in words."""
    request = Request.model_validate(event["input"])
    execution, started_at = event["execution_name"], datetime.fromisoformat(event["started_at"])
    campaign, begin = claim(request, execution, started_at)
    if begin in ("paused", "cancelled", "superseded"):
        log.info("not begun", campaign_id=campaign.id, begin=begin)
        return {"begin": begin, "run": None}
    places = logic.Places(
        environment=setting("SHOPKEEPER_ENV"),
        lake_bucket=setting("LAKE_BUCKET"),
        models_bucket=setting("MODELS_BUCKET"),
    )
    plan = planned(campaign, request, started_at, places)
    delay = Sending.model_validate_json(setting("SENDING")).measure_delay_seconds
    run = logic.run(plan, preview=request.preview, execution=execution, places=places, delay_seconds=delay)
    log.info("planned", campaign_id=campaign.id, run=run.run, begin=begin, as_of=plan.as_of.isoformat())
    return {"begin": begin, "run": run.model_dump(mode="json")}


def claim(request: Request, execution: str, started_at: datetime) -> tuple[Campaign, Begin]:
    """The campaign, the execution's own if it may be, and where to begin. Raises `UnknownCampaignError`."""
    dynamodb, table = client("dynamodb"), setting("CAMPAIGNS_TABLE")
    if request.preview:
        campaign = campaigns.read(dynamodb, table, request.campaign_id)
        if campaign is None:
            raise UnknownCampaignError(f"there is no campaign {request.campaign_id!r}")
        return campaign, "audience"
    campaign = campaigns.change(
        dynamodb, table, request.campaign_id, lambda old: logic.taken(old, request, execution, started_at)
    )
    parts = campaigns.parts(dynamodb, table, campaign.id, request.places.run) if campaign.audience else []
    return campaign, logic.begin(campaign, request, execution, parts)


def planned(campaign: Campaign, request: Request, started_at: datetime, places: logic.Places) -> CampaignPlan:
    """The run's plan: the one there is, else a new one. A preview is planned anew each time."""
    key = request.places.key("plan", PLAN)
    if not request.preview:
        try:
            return campaign_files.parsed(CampaignPlan, key)
        except MissingFileError:
            pass
    dynamodb, table = client("dynamodb"), setting("CAMPAIGNS_TABLE")
    arms = campaign.definition.arms
    newest = {arm.template_id: templates.newest(dynamodb, table, arm.template_id) for arm in arms}
    offers = {arm.offer_id: campaigns.read_offer(dynamodb, table, arm.offer_id) for arm in arms if arm.offer_id}
    new = logic.plan(
        campaign,
        request,
        started_at=started_at,
        places=places,
        versions={id_: version.version for id_, version in newest.items() if version is not None},
        offers={id_: offer for id_, offer in offers.items() if offer is not None},
        scores=live_scores(places.models_bucket),
    )
    content = new.model_dump_json().encode()
    if request.preview:
        campaign_files.write(key, content)
        return new
    return CampaignPlan.model_validate_json(campaign_files.create(key, content))


def live_scores(models_bucket: str) -> dict[str, str]:
    """Folders with the score files of the versions that are live now."""
    families = discover()
    items = batch_get(
        client("dynamodb"), setting("RELEASES_TABLE"), [releases.key(name) for name in families], consistent=True
    )
    pointers = {item["pk"]["S"]: releases.from_item(item) for item in items}
    return logic.live_scores(families.values(), pointers, models_bucket)
