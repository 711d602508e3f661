"""Origins at which the past is cut into what was known and what was then bought."""

from __future__ import annotations

import math
from datetime import date, timedelta

from commerce.families.demand import HORIZONS
from commerce.families.demand.parameters import DAYS, DemandParameters
from training.contract import AsOfDates, TrainingError
from training.demand.periods import WEEK_DAYS, start

SPACING = {"day": 5, "week": 2}
"""Periods between two training origins at least."""
MOST_ORIGINS = 26
SPAN_DAYS = 3 * 364
"""Days that the training origins reach over at most: of what is older, a shop has changed."""
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
    span = min((newest - oldest).days, SPAN_DAYS) // DAYS[parameters.frequency]
    apart = _apart(span, parameters.frequency)
    origins = (newest - timedelta(days=apart * DAYS[parameters.frequency] * k) for k in range(MOST_ORIGINS))
    return AsOfDates(tuple(sorted(day for day in origins if day >= oldest)), holdout, as_of)


def _apart(span: int, frequency: str) -> int:
    """Periods between two origins, of which `MOST_ORIGINS` reach over the whole `span`: over every season there was.

    Days apart are no multiple of a week, so that every step meets every weekday.
    """
    apart = max(SPACING[frequency], math.ceil(span / (MOST_ORIGINS - 1)))
    return apart + 1 if frequency == "day" and apart % WEEK_DAYS == 0 else apart
