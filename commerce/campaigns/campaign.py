"""A campaign as a marketer decides it: whom to write to, with what, how long to wait, what it may cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_NAME = r"^[a-z0-9][a-z0-9-]{1,39}$"
CampaignId = Annotated[str, Field(pattern=_NAME, description="lower-case letters, digits, -")]
Author = Annotated[str, Field(min_length=1, max_length=100)]
HOLDOUT = "holdout"
"""Name of the arm that gets nothing."""


class Arm(BaseModel):
    """One letter that part of the audience gets."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$")]
    template_id: Annotated[str, Field(pattern=_NAME)]
    template_version: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="the newest at the start where it is left out; fixed from then on"
    )
    subject: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="over the template's own; may hold variables"
    )
    offer_id: Annotated[str, Field(pattern=_NAME)] | None = None
    weight: Annotated[float, Field(gt=0, le=1000)] = Field(default=1.0, description="share among the arms")

    @model_validator(mode="after")
    def _not_the_holdout(self) -> Self:
        if self.name == HOLDOUT:
            raise ValueError(f"{HOLDOUT!r} is the name of those who get nothing; call the arm otherwise")
        return self


class Budget(BaseModel):
    """What the campaign's offers may cost together, each issued coupon counted at its offer's cost."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=4)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class CampaignDefinition(BaseModel):
    """What can be changed until the campaign is started."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=2000)] = ""
    audience: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        description="condition on a customer's profile, in CEL, such as scores.churn.probability > 0.6"
    )
    arms: Annotated[list[Arm], Field(min_length=1, max_length=5)]
    holdout: Annotated[float, Field(ge=0.01, le=0.9)] = Field(
        default=0.1, description="share of the audience that gets nothing, by which the effect is measured"
    )
    attribution_days: Annotated[int, Field(ge=1, le=90)] = Field(
        default=14, description="days after the start in which what customers do counts"
    )
    looks: Annotated[int, Field(ge=1, le=8)] = Field(
        default=4, description="how often the effect is measured, evenly over the attribution window"
    )
    metric: Literal["conversion", "revenue"] = Field(default="conversion", description="what the verdict is about")
    budget: Budget | None = None
    as_of: date | None = Field(
        default=None,
        description="replay: the audience as known before this day, its effect on the days from then on; letters are "
        "sent now all the same. Today where it is left out.",
    )

    @model_validator(mode="after")
    def _arms_are_told_apart(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names):
            raise ValueError("two arms have the same name")
        return self


class NewCampaign(CampaignDefinition):
    """Body of `POST /v1/campaigns`."""

    id: CampaignId
    author: Author
