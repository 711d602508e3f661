"""The campaign routes. Each writes the campaign's new state first and then moves the workflow.

Whoever dies in between is repeated by the caller: an action on a campaign that is in its state already does the second
half again, which changes nothing where it was done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from commerce.campaigns.campaign import CampaignDefinition, NewCampaign
from commerce.campaigns.lifecycle import Campaign, CampaignList, ScheduleRequest
from commerce.campaigns.places import run_name
from functions.campaigns import checks, logic, workflow
from functions.campaigns.requests import Request, id_, parsed
from functions.common import campaigns
from functions.common.aws import client
from functions.common.campaigns import ConflictError, UnknownCampaignError
from functions.common.environment import setting
from functions.common.http import Answer, ApiError, answer


def listed(_: Request) -> Answer:
    """`GET /v1/campaigns`: the newest first."""
    return answer(200, CampaignList(campaigns=campaigns.all_(*_table())))


def created(request: Request) -> Answer:
    """`POST /v1/campaigns`. The same body again finds the campaign that it made."""
    new = parsed(NewCampaign, request.body)
    now = datetime.now(UTC)
    draft = logic.created(new, now)
    checks.check(*_table(), draft.definition, now.date())
    try:
        return _shown(201, campaigns.create(*_table(), draft), {"Location": f"/v1/campaigns/{draft.id}"})
    except ConflictError:
        there = _read(draft.id)
    if (there.author, there.definition) != (draft.author, draft.definition):
        raise ApiError(409, "id_taken", f"there is another campaign {draft.id!r}; choose another id") from None
    return _shown(200, there)


def shown(request: Request) -> Answer:
    """`GET /v1/campaigns/{id}`. While it is being sent, its letters are counted as they are now."""
    campaign = _read(request.name)
    if campaign.status == "sending":
        parts = campaigns.parts(*_table(), campaign.id, run_name(campaign.run))
        campaign = campaign.model_copy(update={"delivery": campaigns.delivery(parts) if parts else None})
    return _shown(200, campaign)


def changed(request: Request) -> Answer:
    """`PUT /v1/campaigns/{id}`."""
    definition = parsed(CampaignDefinition, request.body)
    there = logic.changed(_read(request.name), definition, request.revision)
    checks.check(*_table(), there.definition, datetime.now(UTC).date())
    return _shown(200, _change(request.name, lambda old: logic.changed(old, definition, request.revision)))


def previewed(request: Request) -> Answer:
    """`POST /v1/campaigns/{id}/preview`."""
    campaign = _change(request.name, logic.to_preview)
    workflow.preview(campaign, datetime.now(UTC))
    return _shown(202, campaign)


def scheduled(request: Request) -> Answer:
    """`POST /v1/campaigns/{id}/schedule`. A schedule of a campaign that is not scheduled starts nothing, so it is made
    first: a campaign that says it is scheduled will start."""
    at, now = parsed(ScheduleRequest, request.body).at, datetime.now(UTC)
    workflow.schedule(logic.scheduled(_read(request.name), at, now), at)
    return _shown(200, _change(request.name, lambda old: logic.scheduled(old, at, now)))


def started(request: Request) -> Answer:
    """`POST /v1/campaigns/{id}/start`."""
    now = datetime.now(UTC)
    campaign = _change(request.name, lambda old: logic.started(old, now))
    workflow.start(campaign)
    if campaign.scheduled_at is not None:
        workflow.unschedule(campaign)
    return _shown(202, campaign)


def paused(request: Request) -> Answer:
    """`POST /v1/campaigns/{id}/pause`. The workflow finds out by itself."""
    return _shown(200, _change(request.name, logic.paused))


def resumed(request: Request) -> Answer:
    """`POST /v1/campaigns/{id}/resume`. The execution before may still wait for the end of quiet hours."""
    before = _read(request.name)
    campaign = _change(request.name, logic.resumed)
    if before.execution != campaign.execution:
        workflow.stop(before, "the campaign was resumed by another execution")
    workflow.start(campaign)
    return _shown(202, campaign)


def cancelled(request: Request) -> Answer:
    """`POST /v1/campaigns/{id}/cancel`. Sending ends by itself; an execution that measures is stopped."""
    before, now = _read(request.name), datetime.now(UTC)
    campaign = _change(request.name, lambda old: logic.cancelled(old, now))
    if before.status == "measuring":
        workflow.stop(campaign, "the campaign was cancelled")
    if campaign.scheduled_at is not None:
        workflow.unschedule(campaign)
    return _shown(200, campaign)


def _read(name: str) -> Campaign:
    campaign = campaigns.read(*_table(), id_(name, "campaign"))
    if campaign is None:
        raise _unknown(name)
    return campaign


def _change(name: str, decide: Callable[[Campaign], Campaign]) -> Campaign:
    try:
        return campaigns.change(*_table(), id_(name, "campaign"), decide)
    except UnknownCampaignError:
        raise _unknown(name) from None
    except ConflictError:
        raise ApiError(409, "conflict", "the campaign is being changed by others; try again") from None


def _shown(status: int, campaign: Campaign, headers: dict[str, str] | None = None) -> Answer:
    return answer(status, campaign, {"ETag": f'"{campaign.revision}"', **(headers or {})})


def _unknown(name: str) -> ApiError:
    return ApiError(404, "unknown_campaign", f"there is no campaign {name!r}")


def _table() -> tuple[Any, str]:
    return client("dynamodb"), setting("CAMPAIGNS_TABLE")
