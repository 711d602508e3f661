"""What a plan does to the demand and the money of one period, given how demand responds."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from commerce.families.demand.answer import Period, PlannedPromotion
from commerce.families.demand.plan import PlannedDays
from commerce.families.demand.responses import Drivers


@dataclass(frozen=True, slots=True)
class Plan:
    """Entries of a plan, those of their `parts` that count, and how demand responds at a location."""

    entries: Sequence[PlannedDays]
    parts: Collection[str]
    drivers: Drivers
    ratios: Sequence[float]
    days: int
    """Days of a period."""

    def effect(self, period: Period, assumed: PlannedPromotion) -> Effect:
        """Of a period for which the forecast takes `assumed` to be planned: the mean over its days."""
        price = self.drivers.price or 0.0
        usual = price * (1 - assumed.discount)
        ratio, paid = 1.0, usual
        for entry in self.entries:
            share = entry.days_within(period.starts_on, self.days) / self.days
            given = {part: value for part, value in entry.parts.items() if part in self.parts}
            if share and given:
                demand = math.exp(self._logarithm(given, assumed))
                asked = given.get("price", price) * (1 - given.get("discount", assumed.discount))
                ratio += share * (demand - 1)
                paid += share * (demand * asked - usual)
        return Effect(ratio, paid, usual)

    def _logarithm(self, given: dict[str, float], assumed: PlannedPromotion) -> float:
        """Of the demand of a day under the plan over that of the same day under what is assumed."""
        drivers, before = self.drivers, assumed.model_dump(exclude={"starts_on"})
        after = before | {part: value for part, value in given.items() if part in before}
        change = drivers.promoted(self.ratios, **after) - drivers.promoted(self.ratios, **before)
        ratio = given["price"] / drivers.price if "price" in given and drivers.price else 1.0
        if drivers.knows("discount"):
            return change + drivers.priced(ratio)
        return change + drivers.priced(ratio * (1 - after["discount"])) - drivers.priced(1 - before["discount"])


@dataclass(frozen=True, slots=True)
class Effect:
    """Demand with the plan over demand without; money for each unit of demand without the plan, with it and without."""

    ratio: float
    paid: float
    usual: float


def moved(quantiles: Sequence[float], mean: float, ratio: float) -> list[float]:
    """Quantiles around `ratio` times the mean: log((1 + quantile) / (1 + mean)) stays, as the model draws them.

    Whole units stay whole; the order stays.
    """
    if ratio == 1.0:
        return list(quantiles)
    whole = all(value == int(value) for value in quantiles)
    scale = (1 + ratio * mean) / (1 + mean)
    found = [max((1 + value) * scale - 1, 0.0) for value in quantiles]
    return [float(round(value)) if whole else round(value, 3) for value in found]
