"""What a forecast looks like: of a product, or of what stands above products (`nodes`)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commerce.families.demand.responses import Drivers, Share
from commerce.scores import Score

LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
"""Levels of the quantiles of every forecast."""
EVERYWHERE = "*"
"""Location of demand that is not told apart by location."""
_IN_ROWS = (0.1, 0.5, 0.9)
"""Levels that a table for people shows: the middle, and the bounds of four periods in five."""
_EXAMPLE = {
    "family": "demand",
    "source": "model",
    "version": "3",
    "as_of": "2026-03-02",
    "reasons": [{"text": "sells 4.9 a week lately, a promotion begins", "contribution": 0.0}],
    "frequency": "week",
    "levels": list(LEVELS),
    "locations": [
        {
            "location_id": "367",
            "periods": [
                {
                    "starts_on": "2026-03-02",
                    "mean": 5.4,
                    "quantiles": [1, 2, 2, 3, 4, 5, 5, 6, 6, 7, 9, 10, 11, 13],
                }
            ],
            "planned": [{"starts_on": "2026-03-02", "display": 1.0, "mailer": 0.0, "discount": 0.0}],
            "ratios": [0.0, 0.18, 0.41, 0.5],
        }
    ],
    "drivers": {"display": [0, 1], "mailer": [0], "discount": [0, 0.2], "elasticity": -1.4, "price": 2.5},
}


class Period(BaseModel):
    """Demand of one period."""

    # Here and below: customers' scores, which the same function answers, do not pay for these schemas.
    model_config = ConfigDict(defer_build=True)

    starts_on: date
    mean: Annotated[float, Field(ge=0)] = Field(description="expected demand, in units")
    quantiles: list[Annotated[float, Field(ge=0)]] = Field(description="demand in units at each of the levels, rising")


class PlannedPromotion(BaseModel):
    """What is planned for a period, and so counts in its forecast."""

    model_config = ConfigDict(defer_build=True)

    starts_on: date
    display: Share = Field(default=0.0, description="share of days and stores")
    mailer: Share = Field(default=0.0, description="share of days and stores")
    discount: Share = Field(default=0.0, description="share taken off the price")


class LocationForecast(BaseModel):
    """Demand at one location, the period that holds the as-of date first."""

    model_config = ConfigDict(defer_build=True)

    location_id: str = Field(description=f"the store; {EVERYWHERE} for the whole shop")
    total: bool = Field(default=False, description="whether it is the sum of the product's other locations")
    periods: list[Period]
    planned: list[PlannedPromotion] = Field(default=[], description="of those periods that have a promotion")
    ratios: list[float] = Field(
        default=[],
        description="log of demand under a promotion over demand without, at each point of the `drivers`' values: "
        "display, then mailer, then discount, the last running first; empty where nothing is known",
    )


class DemandForecast(Score):
    """Answer of the demand family about one product; whoever asked knows which."""

    model_config = ConfigDict(defer_build=True, json_schema_extra={"examples": [_EXAMPLE]})

    family: str = "demand"
    frequency: Literal["day", "week"]
    levels: list[float] = Field(default=list(LEVELS), description="levels of the quantiles")
    locations: list[LocationForecast]
    drivers: Drivers | None = Field(default=None, description="what a what-if is answered from; null of the baseline")

    @model_validator(mode="after")
    def _quantiles_fit_levels(self) -> Self:
        for location in self.locations:
            for period in location.periods:
                if len(period.quantiles) != len(self.levels) or period.quantiles != sorted(period.quantiles):
                    raise ValueError(f"a period needs {len(self.levels)} quantiles that do not fall")
        return self

    def rows(self) -> list[dict[str, Any]]:
        """A row for each period of each location."""
        return [
            {"location": shown_place(location.location_id), "starts on": period.starts_on, "mean": period.mean}
            | shown_quantiles(self.levels, period.quantiles)
            for location in self.locations
            for period in location.periods
        ]


def shown_quantiles(levels: list[float], quantiles: list[float]) -> dict[str, float]:
    """The middle and the bounds of four periods in five, by their level."""
    return {f"{level:.0%}": quantiles[levels.index(level)] for level in _IN_ROWS if level in levels}


def shown_place(location_id: str) -> str:
    """The location in words."""
    return "whole shop" if location_id == EVERYWHERE else location_id
