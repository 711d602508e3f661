"""What an action makes of a campaign. Pure; an action that is done already changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from commerce.campaigns.campaign import CampaignDefinition, NewCampaign
from commerce.campaigns.lifecycle import MAY, Action, Campaign, Status
from commerce.campaigns.places import run_name
from functions.common.http import ApiError

_DONE: dict[Action, str] = {
    "change": "changed",
    "preview": "previewed",
    "schedule": "scheduled",
    "start": "started",
    "pause": "paused",
    "resume": "resumed",
    "cancel": "cancelled",
}


def created(new: NewCampaign, now: datetime) -> Campaign:
    """A draft."""
    definition = CampaignDefinition.model_validate(new.model_dump(exclude={"id", "author"}))
    return Campaign(id=new.id, author=new.author, definition=definition, created_at=now, changed_at=now)


def changed(campaign: Campaign, definition: CampaignDefinition, revision: int | None) -> Campaign:
    """With another definition; what a preview found of the one before is gone. Raises `ApiError` 409 or 412.

    `revision` is the one that the caller read, None where they do not mind.
    """
    _may("change", campaign)
    if revision is not None and revision != campaign.revision:
        message = f"the campaign was changed since revision {revision}; it has {campaign.revision} now: read it again"
        raise ApiError(412, "changed_meanwhile", message)
    if definition == campaign.definition:
        return campaign
    return campaign.model_copy(update={"definition": definition, "preview": None, "reason": ""})


def to_preview(campaign: Campaign) -> Campaign:
    """With nothing of an earlier preview, so that a new one is told apart. Raises `ApiError` 409."""
    _may("preview", campaign)
    return campaign.model_copy(update={"preview": None, "reason": ""})


def scheduled(campaign: Campaign, at: datetime, now: datetime) -> Campaign:
    """To be started at a time. Raises `ApiError` 400 or 409."""
    _may("schedule", campaign)
    if at <= now:
        raise ApiError(400, "in_the_past", f"{at.isoformat()} is over; name a time to come, or start the campaign")
    return campaign.model_copy(update={"status": "scheduled", "scheduled_at": at})


def started(campaign: Campaign, now: datetime) -> Campaign:
    """Being sent by an execution of its own. Raises `ApiError` 409."""
    if campaign.status == "sending":
        return campaign
    _may("start", campaign)
    run = campaign.run + 1
    return _sending(campaign, run=run, execution=_execution(campaign.id, run, 1), started_at=now)


def paused(campaign: Campaign) -> Campaign:
    """Sending stops at the next letters, and goes on from there when it is resumed. Raises `ApiError` 409."""
    if campaign.status == "paused":
        return campaign
    _may("pause", campaign)
    return campaign.model_copy(update={"status": "paused"})


def resumed(campaign: Campaign) -> Campaign:
    """Being sent by the next execution of the same run. Raises `ApiError` 409."""
    if campaign.status == "sending":
        return campaign
    _may("resume", campaign)
    # A run that a schedule started has an execution of another name.
    before = (campaign.execution or "").removeprefix(_execution(campaign.id, campaign.run, ""))
    number = int(before) + 1 if before.isdigit() else 2
    return _sending(campaign, execution=_execution(campaign.id, campaign.run, number))


def cancelled(campaign: Campaign, now: datetime) -> Campaign:
    """Over. Letters that were sent stay sent. Raises `ApiError` 409."""
    if campaign.status == "cancelled":
        return campaign
    _may("cancel", campaign)
    return campaign.model_copy(update={"status": "cancelled", "ended_at": now})


def allowed(status: Status) -> list[Action]:
    """What can be done with a campaign in this state."""
    return [action for action in get_args(Action) if status in MAY[action]]


def _may(action: Action, campaign: Campaign) -> None:
    if campaign.status in MAY[action]:
        return
    could = allowed(campaign.status)
    there = ", ".join(_DONE[other] for other in could) or "nothing any more"
    raise ApiError(
        409,
        "not_allowed",
        f"a campaign that is {campaign.status} cannot be {_DONE[action]}; it can be: {there}",
        details={"status": campaign.status, "allowed": could},
    )


def _sending(campaign: Campaign, **changes: Any) -> Campaign:
    return campaign.model_copy(update={"status": "sending", "reason": "", **changes})


def _execution(id_: str, run: int, number: int | str) -> str:
    """The same start or resume always has the same name, so that Step Functions runs it once."""
    return f"{id_}-{run_name(run)}-{number}"
