"""What a shop may set for demand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DAYS = {"day": 1, "week": 7}
"""Days of a period, by frequency."""


class DemandParameters(BaseModel):
    """A shop's settings for demand."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    frequency: Literal["day", "week"] = Field(default="week", description="length of a period; weeks start on Mondays")
    horizon: Annotated[int, Field(ge=1, le=52)] = Field(default=8, description="periods to forecast")
    by_location: bool = Field(default=True, description="a forecast per product and store, or per product alone")

    @property
    def horizon_days(self) -> int:
        """Days of the whole horizon."""
        return self.horizon * DAYS[self.frequency]
