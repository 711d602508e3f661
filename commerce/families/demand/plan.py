"""What a merchant plans for a product: promotions and prices of days to come."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commerce.families.demand.responses import Share
from commerce.verbs import ProductQuestion

PARTS = ("display", "mailer", "discount", "price")
"""What a plan may change."""
_EXAMPLE = {
    "product_id": "1001",
    "location_id": "367",
    "plan": [{"starts_on": "2026-03-09", "ends_on": "2026-03-15", "display": 1, "discount": 0.2}],
}


class PlannedDays(BaseModel):
    """What is done on these days. What is left out stays as the forecast takes it to be."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, defer_build=True)

    starts_on: date = Field(description="first day")
    ends_on: date = Field(description="last day")
    display: Share | None = Field(default=None, description="share of the stores with a display: 1 for all, 0 for none")
    mailer: Share | None = Field(default=None, description="share of the stores in the mailer")
    discount: Annotated[float, Field(ge=0, lt=1)] | None = Field(default=None, description="share taken off the price")
    price: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="price of a unit before the discount, in the shop's currency"
    )

    @model_validator(mode="after")
    def _plans_something(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError(f"ends on {self.ends_on}, before it starts on {self.starts_on}")
        if not self.parts:
            raise ValueError(f"says nothing of {', '.join(PARTS)}; give one of them at least")
        return self

    @property
    def parts(self) -> dict[str, float]:
        """What is planned, by the name of the part."""
        return {part: value for part in PARTS if (value := getattr(self, part)) is not None}

    def days_within(self, first: date, days: int) -> int:
        """How many of so many days from `first` on are planned here."""
        last = first + timedelta(days=days - 1)
        return max((min(self.ends_on, last) - max(self.starts_on, first)).days + 1, 0)


class WhatIf(ProductQuestion):
    """A product's forecast under a plan, at one location or all."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    location_id: str | None = Field(default=None, description="one of the forecast's; all of them where it is left out")
    plan: Annotated[list[PlannedDays], Field(min_length=1, max_length=50)] = Field(
        description="each day in one entry at most"
    )

    @model_validator(mode="after")
    def _days_are_planned_once(self) -> Self:
        ordered = sorted(self.plan, key=lambda days: days.starts_on)
        for earlier, later in pairwise(ordered):
            if later.starts_on <= earlier.ends_on:
                raise ValueError(
                    f"{later.starts_on} is in two entries of the plan: make one of what happens on the same days"
                )
        return self

    @property
    def parts(self) -> list[str]:
        """Every part that the plan changes on some day."""
        return [part for part in PARTS if any(part in days.parts for days in self.plan)]
