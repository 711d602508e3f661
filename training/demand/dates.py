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
MOST_HOLDOUTS = 4
"""Origins that are held out at most; of a large shop one, whose many series tell as much."""
HELD_SHARE = 0.1
"""Of the shop's history, that the first hold-out is earlier than the last at most: models learn nothing of it."""
HISTORY_DAYS = 371
"""History an origin should have behind it, a year and a week; a third of the shop's where that is shorter."""


def room(rows: int, series: int, parameters: DemandParameters) -> int:
    """Origins of so many series that `rows` have room for."""
    return rows // max(series * parameters.horizon, 1)


def schedule(first_sale: date | None, as_of: date, parameters: DemandParameters, room: int) -> AsOfDates:
    """Hold-outs up to one horizon before the origin of `as_of`, and training origins that the first knew all about.

    As many of both as there is `room` for, within the bounds. TrainingError when not one fits between the first sale
    and the hold-out.
    """
    horizon = timedelta(days=parameters.horizon_days)
    holdout = start(as_of, parameters.frequency) - horizon
    least = HORIZONS * parameters.horizon_days
    if first_sale is None or first_sale + horizon > holdout - horizon:
        begin = f"begins on {first_sale}" if first_sale else "is empty"
        raise TrainingError(
            f"the sales history before {as_of} {begin}: forecasts of {parameters.horizon} {parameters.frequency}s need "
            f"at least {least} days before the {parameters.frequency} of the as-of date; load older orders or set a "
            "shorter horizon"
        )
    most = min(max(room, FEW_ORIGINS), MANY_ORIGINS)
    holdouts = _rolled(holdout, (holdout - first_sale).days, parameters, min(max(room, 1), MOST_HOLDOUTS))
    newest = holdouts[0] - horizon
    enough = max(parameters.horizon_days, min(HISTORY_DAYS, (holdout - first_sale).days // 3))
    oldest = min(first_sale + timedelta(days=enough), newest)
    span = min((newest - oldest).days, SPAN_DAYS) // DAYS[parameters.frequency]
    apart = _apart(span, parameters.frequency, most)
    origins = (newest - timedelta(days=apart * DAYS[parameters.frequency] * k) for k in range(most))
    return AsOfDates(tuple(sorted(day for day in origins if day >= oldest)), holdouts, as_of)


def _rolled(last: date, history: int, parameters: DemandParameters, most: int) -> tuple[date, ...]:
    """Origins of a backtest up to `last`, a quarter of the horizon apart at least, in a share of the history's days."""
    apart = max(SPACING[parameters.frequency], math.ceil(parameters.horizon / MOST_HOLDOUTS))
    days = apart * DAYS[parameters.frequency]
    count = min(most, 1 + int(history * HELD_SHARE) // days)
    return tuple(last - timedelta(days=days * k) for k in reversed(range(count)))


def _apart(span: int, frequency: str, most: int) -> int:
    """Periods between two origins, of which `most` reach over the whole `span`: over every season there was.

    Days apart are no multiple of a week, so that every step meets every weekday.
    """
    apart = max(SPACING[frequency], math.ceil(span / (most - 1)))
    return apart + 1 if frequency == "day" and apart % WEEK_DAYS == 0 else apart
