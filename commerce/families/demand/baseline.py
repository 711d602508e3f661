"""The forecast where there is no model: the product goes on selling as it did lately."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import cast

from pydantic import BaseModel

from commerce.families.demand.answer import EVERYWHERE, LEVELS, DemandForecast, LocationForecast, Period
from commerce.families.demand.nodes import PREFIX
from commerce.families.demand.parameters import DAYS, DemandParameters
from commerce.sales import ProductState
from commerce.scores import Reason

_POISSON_UP_TO = 50.0
UNKNOWN = (
    f"no sale of a product of this id is known; what stands above products ({PREFIX}…) has a forecast once a model is "
    "released"
)
"""Of a product, whose id is not told here, or of a node, which nobody counts."""


def baseline(state: ProductState | None, now: datetime, parameters: BaseModel) -> DemandForecast:
    """Every period sells `ProductState.rate` a day, as a Poisson count: nothing is known of weekday, season or spread.

    For the whole shop only. A product never sold is forecast to sell nothing.
    """
    own = cast(DemandParameters, parameters)
    days = DAYS[own.frequency]
    daily = state.rate(now) if state is not None else 0.0
    first = now.date()
    if own.frequency == "week":
        first -= timedelta(days=first.weekday())
    counts = quantiles(daily * days)
    periods = [
        Period(starts_on=first + timedelta(days=days * step), mean=round(daily * days, 3), quantiles=counts)
        for step in range(own.horizon)
    ]
    said = f"sells {daily:.2f} a day lately" if daily else UNKNOWN
    return DemandForecast(
        source="baseline",
        as_of=now.date(),
        reasons=[Reason(text=said, contribution=0.0)],
        frequency=own.frequency,
        locations=[LocationForecast(location_id=EVERYWHERE, periods=periods)],
    )


def quantiles(mean: float) -> list[float]:
    """Quantiles of a Poisson count at `LEVELS`: exact up to a mean of 50, above by the normal distribution."""
    if mean > _POISSON_UP_TO:
        return [round(max(NormalDist(mean, math.sqrt(mean)).inv_cdf(level), 0.0)) for level in LEVELS]
    found: list[float] = []
    count, chance = 0, math.exp(-mean)
    reached = chance
    for level in LEVELS:
        while reached < level:
            count += 1
            chance *= mean / count
            reached += chance
        found.append(float(count))
    return found
