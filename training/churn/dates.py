"""As-of dates at which the past is cut into features and outcomes."""

from __future__ import annotations

from datetime import date, timedelta

from training.contract import AsOfDates, TrainingError

STEP_DAYS = 14
MOST_DATES = 40
"""A year and a half of fortnights: every season once, and the last one twice."""
HISTORY_DAYS = 180
"""History a date should have behind it; a third of the shop's where that is shorter."""


def training_dates(first_sale: date, holdout: date, horizon_days: int) -> tuple[date, ...]:
    """Fortnightly dates, newest first in time's order, whose outcomes were all known on the day `holdout`.

    Raises TrainingError when not one date fits between the first sale and the hold-out.
    """
    newest = holdout - timedelta(days=horizon_days)
    enough = min(HISTORY_DAYS, (holdout - first_sale).days // 3)
    oldest = first_sale + timedelta(days=enough)
    dates = [newest - timedelta(days=STEP_DAYS * k) for k in range(MOST_DATES)]
    fitting = tuple(sorted(d for d in dates if d >= oldest))
    if not fitting:
        raise TrainingError(
            f"the history from {first_sale} to {holdout} is too short for a churn horizon of {horizon_days} days: it "
            f"must hold a start of {enough} days and two horizons; load older orders or set a shorter horizon_days"
        )
    return fitting


def schedule(first_sale: date, as_of: date, horizon_days: int) -> AsOfDates:
    """Training dates, the hold-out one horizon before `as_of`, and `as_of` itself to score."""
    holdout = as_of - timedelta(days=horizon_days)
    return AsOfDates(training_dates(first_sale, holdout, horizon_days), (holdout,), as_of)
