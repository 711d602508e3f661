"""Dates of the past at which decisions are learned from and judged."""

from __future__ import annotations

from datetime import date, timedelta

from training.contract import AsOfDates, TrainingError
from training.demand.periods import start
from training.stock.forecasts import UPSTREAM, Shape

MOST_DATES = 8


def schedule(first_sale: date | None, as_of: date, made: Shape) -> AsOfDates:
    """A hold-out one horizon of the forecasts before `as_of`, and training dates a horizon apart before it.

    TrainingError when not one has a horizon of sales before it, and where the forecasts were made after `as_of` or end
    before it: neither says what is to come.
    """
    if made.as_of > as_of:
        raise TrainingError(f"the released forecasts are as of {made.as_of}, after {as_of}: choose a later as-of date")
    if start(made.as_of, made.parameters.frequency) + timedelta(days=made.parameters.horizon_days) <= as_of:
        raise TrainingError(f"the released forecasts are as of {made.as_of} and end before {as_of}: retrain {UPSTREAM}")
    horizon = timedelta(days=made.parameters.horizon_days)
    holdout = start(as_of, made.parameters.frequency) - horizon
    dates = [holdout - horizon * k for k in range(1, MOST_DATES + 1)]
    fitting = tuple(sorted(day for day in dates if first_sale is not None and first_sale + horizon <= day))
    if not fitting:
        begin = f"begins on {first_sale}" if first_sale else "is empty"
        raise TrainingError(
            f"the sales history before {as_of} {begin}: three horizons of the forecasts, {3 * horizon.days} days, are "
            "needed; load older orders"
        )
    return AsOfDates(fitting, (holdout,), as_of)
