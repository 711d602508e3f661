"""What becomes of a campaign: its states, which action leads from which to which, and what is told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.campaign import CampaignDefinition

Status = Literal["draft", "scheduled", "sending", "paused", "measuring", "finished", "cancelled", "failed"]
Action = Literal["change", "preview", "schedule", "start", "pause", "resume", "cancel"]

MAY: dict[Action, frozenset[Status]] = {
    "change": frozenset({"draft"}),
    "preview": frozenset({"draft", "scheduled"}),
    "schedule": frozenset({"draft", "scheduled"}),
    "start": frozenset({"draft", "scheduled"}),
    "pause": frozenset({"sending"}),
    "resume": frozenset({"paused", "failed"}),
    "cancel": frozenset({"draft", "scheduled", "sending", "paused", "measuring", "failed"}),
}
"""From which states an action is allowed."""


class Delivery(BaseModel):
    """How far sending is: letters by what became of them. `skipped` says why, each reason with its number."""

    parts: int = 0
    parts_done: int = 0
    sent: int = 0
    failed: int = 0
    deferred: int = Field(default=0, description="wait for the end of the customer's quiet hours")
    in_doubt: int = Field(default=0, description="handed to the mail service, which has not said yet that it has them")
    skipped: dict[str, int] = Field(default_factory=dict)


class Campaign(BaseModel):
    """A campaign and what became of it: the answer of most campaign routes."""

    id: str
    author: str
    definition: CampaignDefinition
    status: Status = "draft"
    revision: int = Field(default=0, description="rises with every change; guards every write")
    run: int = Field(default=0, description="counts the starts; a resumed campaign goes on with its run")
    created_at: datetime
    changed_at: datetime
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = Field(default="", description="why it failed or was paused or cancelled, in words")
    preview: AudienceFacts | None = Field(default=None, description="of the last preview")
    audience: AudienceFacts | None = Field(default=None, description="of the run, fixed when it was allocated")
    delivery: Delivery | None = None
    looks_done: int = 0
    execution: str | None = Field(default=None, description="name of the workflow's execution")


class ScheduleRequest(BaseModel):
    """Body of `POST /v1/campaigns/{id}/schedule`."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime = Field(description="when to start, with its offset from UTC")


class CampaignList(BaseModel):
    """Answer of `GET /v1/campaigns`."""

    campaigns: list[Campaign]
