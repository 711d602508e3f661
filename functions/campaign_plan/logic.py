"""Decides a run from the campaign and the execution's start, and where an execution of it begins. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta

from pydantic import BaseModel

from commerce import runs
from commerce.campaigns.campaign import CampaignDefinition
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.places import MANIFEST, RunPlaces, look_name
from commerce.campaigns.plan import CampaignPlan
from commerce.family import Family, Resources
from functions.common.campaign_run import Begin, CampaignRun, Jobs, Look, Request, timestamp
from functions.common.campaigns import PartProgress
from functions.common.plan import JobSize
from functions.common.releases import Pointer

START_SECONDS = 1800
"""SageMaker may take this long to find a machine and pull the image before a job's own clock starts."""
RESOURCES = Resources()
"""What the jobs run on."""


class Places(BaseModel):
    """What the environment is called and where it keeps things."""

    environment: str
    lake_bucket: str
    models_bucket: str


class CampaignPlanError(Exception):
    """The run cannot be planned; the message says what to change."""


def taken(campaign: Campaign, request: Request, execution: str, started_at: datetime) -> Campaign:
    """The campaign as the execution's own, where a schedule started it; whatever else it is, as it is.

    The API makes a campaign an execution's before it starts that. A schedule, which may start two, cannot.
    """
    if campaign.status != "scheduled" or request.run != campaign.run + 1:
        return campaign
    changes = {"status": "sending", "run": request.run, "execution": execution, "started_at": started_at, "reason": ""}
    return campaign.model_copy(update=changes)


def begin(campaign: Campaign, request: Request, execution: str, parts: Iterable[PartProgress]) -> Begin:
    """Where the execution begins: a resumed one finds what the one before it did."""
    if (campaign.run, campaign.execution) != (request.run, execution):
        return "superseded"
    if campaign.status == "paused" or campaign.status == "cancelled":
        return campaign.status
    if campaign.status == "measuring":
        return "measure"
    if campaign.status != "sending":
        return "superseded"
    if campaign.audience is None:
        return "audience"
    states = {part.state for part in parts}
    return "measure" if states == {"done"} else "deliver"


def plan(
    campaign: Campaign,
    request: Request,
    *,
    started_at: datetime,
    places: Places,
    versions: Mapping[str, int],
    offers: Mapping[str, OfferDefinition],
    scores: Mapping[str, str],
) -> CampaignPlan:
    """What the run will do. `versions`: newest version by template; `started_at` in UTC. Raises `CampaignPlanError`."""
    definition = _fixed(campaign.definition, versions, offers)
    as_of = definition.as_of or started_at.date()
    if as_of > started_at.date():
        raise CampaignPlanError(f"as_of {as_of} is in the future; leave it out for today or name a day that is over")
    starts = started_at if definition.as_of is None else datetime.combine(as_of, time(), UTC)
    window = timedelta(days=definition.attribution_days)
    named = request.places
    return CampaignPlan(
        campaign_id=campaign.id,
        run=named.run,
        run_number=request.run,
        definition=definition,
        as_of=as_of,
        window_starts=starts,
        window_ends=starts + window,
        looks=[starts + window * (look / definition.looks) for look in range(1, definition.looks + 1)],
        lake=f"s3://{places.lake_bucket}/lake",
        raw=f"s3://{places.lake_bucket}/raw/events",
        places=f"s3://{places.lake_bucket}/{named.prefix}",
        letters=f"s3://{places.lake_bucket}/{named.letters}",
        scores=dict(scores),
        offers={arm.offer_id: offers[arm.offer_id] for arm in definition.arms if arm.offer_id},
        seed=int(hashlib.sha256(f"{campaign.id}|{named.run}".encode()).hexdigest()[:8], 16),
    )


def run(plan: CampaignPlan, *, preview: bool, execution: str, places: Places, delay_seconds: int) -> CampaignRun:
    """What the workflow's states need of the plan."""
    named = RunPlaces(plan.campaign_id, plan.run)
    return CampaignRun(
        campaign_id=plan.campaign_id,
        run=plan.run,
        run_number=plan.run_number,
        preview=preview,
        execution=execution,
        plan_uri=f"{plan.places}/plan",
        audience_uri=f"{plan.places}/audience",
        members_uri=f"{plan.letters}/members",
        allocation_uri=f"{plan.places}/allocation",
        parts_uri=f"{plan.letters}/parts",
        manifest_key=named.key("allocation", MANIFEST),
        jobs=Jobs(**{step: _job_name(places.environment, step, named) for step in Jobs.model_fields}),
        processing=JobSize(
            instance_type=RESOURCES.processing_instance,
            volume_gb=RESOURCES.volume_gb,
            max_runtime_seconds=RESOURCES.max_runtime_seconds,
            task_timeout_seconds=RESOURCES.max_runtime_seconds + START_SECONDS,
        ),
        looks=[
            Look(number=number, at=timestamp(at), uri=f"{plan.places}/{look_name(number)}")
            for number, at in enumerate(plan.looks, start=1)
        ],
        measure_delay_seconds=delay_seconds,
    )


def live_scores(families: Iterable[Family], pointers: Mapping[str, Pointer], models_bucket: str) -> dict[str, str]:
    """Family → folder with the live version's score files, of the families that are scored in batch."""
    found: dict[str, str] = {}
    for family in families:
        pointer = pointers.get(family.name)
        if not family.scored or family.mode != "table" or pointer is None:
            continue
        artifact = pointer.artifacts.get(pointer.release.champion or "", "")
        # The artifact of a version lies in the folder of its run, and so do its scores.
        if made := re.search(rf"/runs/{family.name}/([^/]+)/", artifact):
            found[family.name] = f"s3://{models_bucket}/{runs.Run(family.name, made[1]).key('scores')}"
    return found


def _fixed(
    definition: CampaignDefinition, versions: Mapping[str, int], offers: Mapping[str, OfferDefinition]
) -> CampaignDefinition:
    """The definition with every arm's version, and every offer known."""
    arms = []
    for arm in definition.arms:
        if arm.offer_id and arm.offer_id not in offers:
            raise CampaignPlanError(f"arm {arm.name!r}: there is no offer {arm.offer_id!r}; create it and start again")
        version = arm.template_version or versions.get(arm.template_id)
        if version is None:
            raise CampaignPlanError(f"arm {arm.name!r}: there is no template {arm.template_id!r}; save it first")
        arms.append(arm.model_copy(update={"template_version": version}))
    return definition.model_copy(update={"arms": arms})


def _job_name(environment: str, step: str, named: RunPlaces) -> str:
    """At most 39 of the 54 characters that SageMaker leaves: an environment's name has eight, a step's eight."""
    return f"{environment}-campaign-{step}-{hashlib.sha256(named.prefix.encode()).hexdigest()[:12]}"
