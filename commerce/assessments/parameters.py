"""The shop's settings that every assessing family shares."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Money = Annotated[float, Field(ge=0, le=1e9)]


class AssessmentParameters(BaseModel):
    """Time spans in days, money in the shop's currency. A family sets the defaults that differ."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    label_delay_days: int = Field(
        default=7, ge=0, le=60, description="after so many days an event without a label is taken to be legitimate"
    )
    train_days: int = Field(default=60, ge=7, le=365, description="days of events that are learned from")
    holdout_days: int = Field(default=7, ge=1, le=60, description="days of events that a model is judged on")
    reviews_per_day: int = Field(default=100, ge=0, le=1_000_000, description="what the people who review can do")
    review_cost: Money = Field(default=3.0, description="what one review costs")
    review_finds: float = Field(default=0.9, ge=0, le=1, description="share of fraud that a review finds")
    loss_share: float = Field(default=1.0, ge=0, le=10, description="of the amount that a fraud costs")
    loss_fee: Money = Field(default=15.0, description="what a fraud costs besides, such as the chargeback's fee")
    margin: float = Field(default=0.2, ge=0, le=1, description="of the amount that turning a good customer away costs")
    goodwill: Money = Field(default=10.0, description="what turning a good customer away costs besides")
