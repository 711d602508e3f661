"""What a shop may set for demand."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DAYS = {"day": 1, "week": 7}
"""Days of a period, by frequency."""
MOST_REGRESSORS = 8


class DemandParameters(BaseModel):
    """A shop's settings for demand."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    frequency: Literal["day", "week"] = Field(default="week", description="length of a period; weeks start on Mondays")
    horizon: Annotated[int, Field(ge=1, le=52)] = Field(default=8, description="periods to forecast")
    by_location: bool = Field(default=True, description="a forecast per product and store, or per product alone")

    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        default=None, description="ISO 3166-1 alpha-2 code of the country whose holidays move demand; none if empty"
    )
    subdivision: Annotated[str, Field(min_length=1, max_length=10)] | None = Field(
        default=None,
        description="its state, province or region that has holidays of its own, without the country's code",
    )
    regressors: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        default=(),
        max_length=MOST_REGRESSORS,
        description="names in the table `regressors` of what else moves demand, such as the temperature",
    )

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if self.subdivision and not self.country:
            raise ValueError("a subdivision needs its country")
        if len(set(self.regressors)) < len(self.regressors):
            raise ValueError("a regressor is named twice")
        return self

    @property
    def horizon_days(self) -> int:
        """Days of the whole horizon."""
        return self.horizon * DAYS[self.frequency]
