"""What a step's result makes of the campaign, and where the workflow goes from there. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.campaign import CampaignDefinition
from commerce.campaigns.lifecycle import MAY, Campaign, Status
from commerce.campaigns.plan import CampaignPlan
from functions.common.campaign_run import CampaignRun, Look

Next = Literal[
    "previewed", "nothing", "allocate", "deliver", "look", "finished", "paused", "cancelled", "superseded"
]  # fmt: skip
REASON_CHARACTERS = 1000


def may_go_on(campaign: Campaign, run: CampaignRun, wanted: frozenset[Status]) -> Next | None:
    """Why the execution must end here; None where it may go on."""
    if (campaign.run, campaign.execution) != (run.run_number, run.execution):
        return "superseded"
    if campaign.status == "paused" or campaign.status == "cancelled":
        return campaign.status
    return None if campaign.status in wanted else "superseded"


def previewed(campaign: Campaign, plan: CampaignPlan, facts: AudienceFacts) -> Campaign:
    """The campaign with what the preview found, unless it was changed since: then the preview is of another one."""
    if _asked(campaign.definition) != _asked(plan.definition):
        return campaign
    return campaign.model_copy(update={"preview": facts, "reason": ""})


def nothing_to_send(campaign: Campaign, facts: AudienceFacts, now: datetime) -> Campaign:
    """The campaign ended before it began: nobody can be written to."""
    reason = f"of {facts.known} customers the condition holds for {facts.matching}, and none of them can be written to"
    ended = campaign.ended_at or now
    return campaign.model_copy(update={"status": "finished", "audience": facts, "ended_at": ended, "reason": reason})


def allocated(campaign: Campaign, facts: AudienceFacts) -> Campaign:
    """The campaign with its audience, which is fixed from now on."""
    return campaign.model_copy(update={"audience": facts})


def measuring(campaign: Campaign) -> Campaign:
    """The campaign with everything sent."""
    return campaign.model_copy(update={"status": "measuring", "reason": ""})


def looked(campaign: Campaign, look: int, looks: int, now: datetime) -> Campaign:
    """The campaign with one more look; the last one ends it."""
    done = max(campaign.looks_done, look)
    changes: dict[str, Any] = {"looks_done": done}
    if done >= looks:
        changes |= {"status": "finished", "ended_at": campaign.ended_at or now}
    return campaign.model_copy(update=changes)


def next_look(campaign: Campaign, run: CampaignRun) -> Look:
    """The first look that was not had yet; after all of them the last again."""
    return next((look for look in run.looks if look.number > campaign.looks_done), run.looks[-1])


def failed(campaign: Campaign, *, preview: bool, run: int, execution: str, reason: str) -> Campaign:
    """The campaign with why it failed. A preview that failed leaves the campaign where it was."""
    if preview:
        waits = campaign.status in MAY["preview"]
        return campaign.model_copy(update={"reason": f"the preview failed: {reason}"}) if waits else campaign
    if (campaign.run, campaign.execution) != (run, execution) or campaign.status not in ("sending", "measuring"):
        return campaign
    return campaign.model_copy(update={"status": "failed", "reason": reason})


def in_words(error: Mapping[str, Any]) -> str:
    """Why a state failed, from what Step Functions says of it: a function's message, a job's reason, or the error."""
    cause = str(error.get("Cause") or "")
    try:
        told = json.loads(cause)
    except ValueError:
        told = None
    if isinstance(told, dict):
        cause = str(told.get("errorMessage") or told.get("FailureReason") or cause)
    return (cause or str(error.get("Error") or "unknown"))[:REASON_CHARACTERS]


def _asked(definition: CampaignDefinition) -> object:
    """What of a definition decides the audience and what can be shown of it."""
    arms = [(arm.name, arm.weight) for arm in definition.arms]
    return (
        definition.audience,
        definition.holdout,
        definition.attribution_days,
        definition.looks,
        definition.metric,
        definition.as_of,
        arms,
    )
