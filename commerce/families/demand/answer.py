"""What a forecast looks like."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from commerce.scores import Score

LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
"""Levels of the quantiles of every forecast."""
EVERYWHERE = "*"
"""Location of demand that is not told apart by location."""


class Period(BaseModel):
    """Demand of one period."""

    starts_on: date
    mean: Annotated[float, Field(ge=0)] = Field(description="expected demand, in units")
    quantiles: list[Annotated[float, Field(ge=0)]] = Field(description="demand in units at each of the levels, rising")


class LocationForecast(BaseModel):
    """Demand at one location, the period that holds the as-of date first."""

    location_id: str = Field(description=f"the store; {EVERYWHERE} for the whole shop")
    periods: list[Period]


class DemandForecast(Score):
    """Answer of the demand family for one product, from which its caller knows which."""

    family: str = "demand"
    frequency: Literal["day", "week"]
    levels: list[float] = Field(default=list(LEVELS), description="levels of the quantiles")
    locations: list[LocationForecast]

    @model_validator(mode="after")
    def _quantiles_fit_levels(self) -> Self:
        for location in self.locations:
            for period in location.periods:
                if len(period.quantiles) != len(self.levels) or period.quantiles != sorted(period.quantiles):
                    raise ValueError(f"a period needs {len(self.levels)} quantiles that do not fall")
        return self
