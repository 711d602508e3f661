"""What a look at the effect says: `result.json`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Metric = Literal["conversion", "revenue"]


class Effect(BaseModel):
    """Difference between those allocated to a letter and the holdout, per customer, as allocated (intent to treat)."""

    model_config = ConfigDict(allow_inf_nan=False)

    arm: str = Field(description="an arm's name, or `all` for every letter together")
    metric: Metric
    treated: int
    held_out: int
    treated_mean: float = Field(description="adjusted as the difference is: their difference is `difference`")
    holdout_mean: float
    difference: float = Field(description="adjusted for the strata and for spending before the window (CUPED)")
    low: float
    high: float
    level: float = Field(default=0.95, description="of the interval, wider at an early look so that looking is safe")
    p_value: float = Field(description="of this look alone; the effect is shown where it is below 1 − level")
    relative: float | None = Field(default=None, description="difference / holdout_mean")
    relative_low: float | None = Field(default=None, description="null where the holdout's mean may be 0")
    relative_high: float | None = None
    total: float = Field(description="difference × treated: extra customers who order, or extra money")
    unadjusted: float = Field(description="plain difference of means")
    variance_ratio: float = Field(description="variance of the difference / of the plain difference of means")
    significant: bool = Field(description="whether the interval leaves out 0, at this look's own boundary")


class SampleRatio(BaseModel):
    """Whether the arms are as large as they were allocated; a mismatch means that something ate customers."""

    expected: dict[str, float]
    observed: dict[str, int]
    p_value: float
    ok: bool


class Interactions(BaseModel):
    """What was done with the letters of one arm. Opens by machines are counted apart."""

    sent: int = 0
    delivered: int = 0
    opened: int = 0
    machine_opened: int = 0
    clicked: int = 0
    bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0


class LookPoint(BaseModel):
    """One look, for the plot."""

    number: int
    at: datetime
    difference: float
    low: float
    high: float
    level: float = Field(default=0.95, description="of its interval: the look's own boundary")


class CampaignResult(BaseModel):
    """Answer of `GET /v1/campaigns/{id}/results`."""

    model_config = ConfigDict(allow_inf_nan=False)

    campaign_id: str
    run: str
    name: str
    metric: Metric
    as_of: date
    window_starts: datetime
    window_ends: datetime
    look: int
    looks: int
    measured_at: datetime
    final: bool
    currency: str | None = None
    verdict: str = Field(description="one plain sentence")
    effects: list[Effect] = Field(description="the verdict's first; empty where there is nobody to compare with")
    sample_ratio: SampleRatio
    interactions: dict[str, Interactions] = Field(default_factory=dict)
    history: list[LookPoint] = Field(default_factory=list, description="of the verdict's effect, this look the last")
    needed: int | None = Field(
        default=None, description="further customers needed to show an effect of 1 % of the base"
    )
    notes: list[str] = Field(default_factory=list)


class ResultAnswer(BaseModel):
    """`GET /v1/campaigns/{id}/results`: the newest look, and where its page with plots can be read for a while."""

    result: CampaignResult
    page_url: str = Field(description="signed, good for an hour")
