"""What a run of a campaign will do, fixed at its start: `plan.json`, read by every later step."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from commerce.campaigns.campaign import CampaignDefinition
from commerce.campaigns.offer import OfferDefinition


class CampaignPlan(BaseModel):
    """Input of the audience, allocate, deliver and measure steps. Holds nothing of any customer.

    `definition.arms[*].template_version` is always set here. Times are UTC.
    """

    model_config = ConfigDict(extra="forbid")

    campaign_id: str
    run: str = Field(description="r0001, or preview")
    run_number: int
    definition: CampaignDefinition
    as_of: date = Field(description="the audience as known before this day")
    window_starts: datetime = Field(description="from then on what customers do counts")
    window_ends: datetime
    looks: list[datetime] = Field(description="when the effect is measured; the last is the window's end")
    lake: str = Field(description="s3://bucket/lake")
    raw: str = Field(description="s3://bucket/raw/events, curated before each measurement")
    places: str = Field(description="s3://bucket/campaigns/<id>/<run>")
    letters: str = Field(description="s3://bucket/letters/<id>/<run>")
    scores: dict[str, str] = Field(
        default_factory=dict,
        description="family → s3:// folder with the live version's score files, where there is one",
    )
    offers: dict[str, OfferDefinition] = Field(default_factory=dict)
    seed: int = Field(description="of the random allocation; from the campaign's id and run")
    part_rows: int = 500
