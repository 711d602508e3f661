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
FEW_ORIGINS, MANY_ORIGINS = 26, 160
"""Training origins at most: few of a large shop, whose many series teach as much, many of a small one."""
SPAN_DAYS = 3 * 364
"""Days that the training origins reach over at most: of what is older, a shop has changed."""
HISTORY_DAYS = 371
"""History an origin should have behind it, a year and a week; a third of the shop's where that is shorter."""


def most_origins(rows: int, series: int, parameters: DemandParameters) -> int:
    """Training origins that `rows` have room for, within the bounds."""
    return min(max(rows // max(series * parameters.horizon, 1), FEW_ORIGINS), MANY_ORIGINS)


def schedule(first_sale: date | None, as_of: date, parameters: DemandParameters, most: int = FEW_ORIGINS) -> AsOfDates:
    """A hold-out one horizon before the origin of `as_of`, and at most so many training origins it knew all about.

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
    apart = _apart(span, parameters.frequency, most)
    origins = (newest - timedelta(days=apart * DAYS[parameters.frequency] * k) for k in range(most))
    return AsOfDates(tuple(sorted(day for day in origins if day >= oldest)), holdout, as_of)


def _apart(span: int, frequency: str, most: int) -> int:
    """Periods between two origins, of which `most` reach over the whole `span`: over every season there was.

    Days apart are no multiple of a week, so that every step meets every weekday.
    """
    apart = max(SPACING[frequency], math.ceil(span / (most - 1)))
    return apart + 1 if frequency == "day" and apart % WEEK_DAYS == 0 else apart
