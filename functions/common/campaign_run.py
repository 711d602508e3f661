"""One execution's run of a campaign, as the `campaign_plan` step decides it and every later state reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.campaigns.places import PREVIEW, RunPlaces, run_name
from functions.common.plan import JobSize

Begin = Literal["audience", "deliver", "measure", "paused", "cancelled", "superseded"]
"""Where an execution begins: at the audience, or where the run was left, or not at all."""


class Request(BaseModel):
    """Input of the workflow."""

    model_config = ConfigDict(extra="forbid")

    campaign_id: str
    run: int = Field(ge=0)
    preview: bool = False

    @property
    def places(self) -> RunPlaces:
        """Where the run keeps its files."""
        return RunPlaces(self.campaign_id, PREVIEW if self.preview else run_name(self.run))


class Jobs(BaseModel):
    """Names of the run's jobs, without the eight characters that each attempt adds."""

    audience: str
    allocate: str
    measure: str


class Look(BaseModel):
    """One look at the effect: when, and the folder of what it finds."""

    number: int
    at: str = Field(description="ISO 8601 in UTC, as a Wait state takes it")
    uri: str


class CampaignRun(BaseModel):
    """`run` in the state of the workflow. Places are s3:// folders, without a slash at the end."""

    model_config = ConfigDict(extra="forbid")

    campaign_id: str
    run: str = Field(description="r0001, or preview")
    run_number: int
    preview: bool
    execution: str = Field(description="name of the execution; another one's steps change nothing")
    plan_uri: str
    audience_uri: str
    members_uri: str
    allocation_uri: str
    parts_uri: str
    manifest_key: str
    jobs: Jobs
    processing: JobSize
    looks: list[Look]
    measure_delay_seconds: int

    @property
    def places(self) -> RunPlaces:
        """Where the run keeps its files."""
        return RunPlaces(self.campaign_id, self.run)


def timestamp(moment: datetime) -> str:
    """A time as Step Functions takes it, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
