"""Origins at which the past is cut into what was known and what was then bought."""

from __future__ import annotations

from datetime import date, timedelta

from commerce.families.demand import HORIZONS
from commerce.families.demand.parameters import DAYS, DemandParameters
from training.contract import AsOfDates, TrainingError
from training.demand.periods import start

SPACING = {"day": 5, "week": 2}
"""Periods between two training origins: no multiple of a week, so that every step meets every weekday."""
MOST_ORIGINS = 26
HISTORY_DAYS = 371
"""History an origin should have behind it, a year and a week; a third of the shop's where that is shorter."""


def schedule(first_sale: date | None, as_of: date, parameters: DemandParameters) -> AsOfDates:
    """A hold-out one horizon before the origin of `as_of`, and training origins whose outcomes it knew.

    TrainingError when not one fits between the first sale and the hold-out.
    """
    horizon = timedelta(days=parameters.horizon_days)
    holdout = start(as_of, parameters.frequency) - horizon
    newest = holdout - horizon
    least = HORIZONS * parameters.horizon_days
    if first_sale is None or first_sale + horizon > newest:
        begin = f"begins on {first_sale}" if first_sale else "is empty"
        raise TrainingError(
            f"the sales history before {as_of} {begin}: forecasts of {parameters.horizon} {parameters.frequency}s need "
            f"at least {least} days before the {parameters.frequency} of the as-of date; load older orders or set a "
            "shorter horizon"
        )
    enough = max(parameters.horizon_days, min(HISTORY_DAYS, (holdout - first_sale).days // 3))
    oldest = min(first_sale + timedelta(days=enough), newest)
    apart = SPACING[parameters.frequency] * DAYS[parameters.frequency]
    origins = (newest - timedelta(days=apart * k) for k in range(MOST_ORIGINS))
    return AsOfDates(tuple(sorted(day for day in origins if day >= oldest)), holdout, as_of)
