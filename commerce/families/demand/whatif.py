"""`POST /v1/forecasts:whatIf`: a product's forecast with and without a plan, from the answer that is stored of it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.families.demand.answer import (
    DemandForecast,
    LocationForecast,
    PlannedPromotion,
    shown_place,
    shown_quantiles,
)
from commerce.families.demand.effects import Effect, Plan, moved
from commerce.families.demand.nodes import is_node
from commerce.families.demand.parameters import DAYS
from commerce.families.demand.plan import WhatIf
from commerce.families.demand.responses import Drivers
from commerce.families.demand.wording import known, said
from commerce.scores import Score
from commerce.verbs import UnanswerableError

_DECIMALS = 3


class PeriodDemand(BaseModel):
    """Demand of a period as a distribution."""

    model_config = ConfigDict(defer_build=True)

    mean: float = Field(ge=0, description="expected demand, in units")
    quantiles: list[float] = Field(description="demand in units at each of the levels, rising")


class PeriodUnderPlan(BaseModel):
    """One period, with and without the plan."""

    model_config = ConfigDict(defer_build=True)

    starts_on: date
    without: PeriodDemand
    planned: PeriodDemand | None = Field(description="null where nothing of the plan's effect is known")


class LocationUnderPlan(BaseModel):
    """One location, with what the plan adds there over the periods of the forecast."""

    model_config = ConfigDict(defer_build=True)

    location_id: str
    units: float | None = Field(description="expected demand with the plan less that without")
    revenue: float | None = Field(description="likewise in money, in the shop's currency; null where no price is known")
    periods: list[PeriodUnderPlan]


class DemandUnderPlan(Score):
    """A product's forecast under a plan. What is bought ahead, or instead of other products, is not taken off."""

    model_config = ConfigDict(defer_build=True)

    family: str = "demand"
    responds: Literal["known", "partly", "unknown"] = Field(
        description="whether the effect is known of all, of some or of none of what the plan changes; reasons say which"
    )
    frequency: Literal["day", "week"]
    levels: list[float]
    units: float | None = Field(description="over all locations that are answered")
    revenue: float | None
    locations: list[LocationUnderPlan]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each period of each location: the mean without the plan and with it, and its quantiles."""
        return [
            {"location": shown_place(place.location_id), "starts on": period.starts_on, "without": period.without.mean}
            | (
                {"planned": period.planned.mean} | shown_quantiles(self.levels, period.planned.quantiles)
                if period.planned
                else {}
            )
            for place in self.locations
            for period in place.periods
        ]


def what_if(question: WhatIf, forecast: DemandForecast) -> DemandUnderPlan:
    """The answer; UnanswerableError where the forecast is of no product, lacks the location, or all of the days."""
    places, days = _places(question, forecast), DAYS[forecast.frequency]
    end = places[0].periods[-1].starts_on + timedelta(days=days - 1)
    _within(question, places[0].periods[0].starts_on, end)
    drivers = forecast.drivers or Drivers()
    parts = [part for part in question.parts if known(part, drivers)]

    def answered(count: int) -> list[LocationUnderPlan]:
        return [_location(question, place, drivers, parts[:count], days) for place in places]

    # One part after the other, so that what each adds sums to the whole.
    steps = [answered(count) for count in range(len(parts) + 1)]
    units = [sum(place.units or 0.0 for place in step) for step in steps]
    added = {part: after - before for part, (before, after) in zip(parts, pairwise(units), strict=True)}
    found = steps[-1]
    priced = [place.revenue for place in found if place.revenue is not None]
    return DemandUnderPlan(
        source=forecast.source,
        version=forecast.version,
        as_of=forecast.as_of,
        reasons=said(question, drivers, added, end),
        responds="unknown" if not parts else "known" if len(parts) == len(question.parts) else "partly",
        frequency=forecast.frequency,
        levels=forecast.levels,
        units=round(units[-1], _DECIMALS) if parts else None,
        revenue=round(sum(priced), _DECIMALS) if priced else None,
        locations=found,
    )


def _places(question: WhatIf, forecast: DemandForecast) -> list[LocationForecast]:
    if is_node(question.product_id):
        raise UnanswerableError(f"{question.product_id} is no product: ask for a plan of one of its products")
    # What a plan adds to the total is the sum of what it adds to the locations.
    wanted, asked = question.location_id, [place for place in forecast.locations if not place.total]
    found = [place for place in asked if wanted in (None, place.location_id)]
    if not found:
        there_are = ", ".join(repr(place.location_id) for place in asked[:20])
        raise UnanswerableError(f"no forecast of this product at location {wanted!r}; it has: {there_are}")
    return found


def _within(question: WhatIf, first: date, last: date) -> None:
    if all(entry.ends_on < first or entry.starts_on > last for entry in question.plan):
        raise UnanswerableError(f"the forecast reaches from {first} to {last}; no day of the plan is within")


def _location(
    question: WhatIf, place: LocationForecast, drivers: Drivers, parts: list[str], days: int
) -> LocationUnderPlan:
    assumed = {promotion.starts_on: promotion for promotion in place.planned}
    plan = Plan(question.plan, parts, drivers, place.ratios, days)
    periods, units, revenue = [], 0.0, 0.0
    for period in place.periods:
        effect = plan.effect(period, assumed.get(period.starts_on) or PlannedPromotion(starts_on=period.starts_on))
        units += period.mean * (effect.ratio - 1)
        revenue += period.mean * (effect.paid - effect.usual)
        without = PeriodDemand(mean=period.mean, quantiles=period.quantiles)
        periods.append(
            PeriodUnderPlan(
                starts_on=period.starts_on, without=without, planned=_under(without, effect) if parts else None
            )
        )
    return LocationUnderPlan(
        location_id=place.location_id,
        units=round(units, _DECIMALS) if parts else None,
        revenue=round(revenue, _DECIMALS) if parts and drivers.price is not None else None,
        periods=periods,
    )


def _under(without: PeriodDemand, effect: Effect) -> PeriodDemand:
    mean = round(without.mean * effect.ratio, _DECIMALS)
    return PeriodDemand(mean=mean, quantiles=moved(without.quantiles, without.mean, effect.ratio))
