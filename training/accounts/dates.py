"""As-of dates at which the past is cut into features and outcomes."""

from __future__ import annotations

from datetime import date, timedelta

from commerce.families.accounts import LEAST_DAYS
from commerce.families.accounts.parameters import AccountsParameters
from training.contract import AsOfDates, TrainingError

MOST_DATES = 12
LEAST_DATES = 2
"""Of which the last says what a raw score is worth."""


def schedule(first: date | None, as_of: date, of: AccountsParameters) -> AsOfDates:
    """A hold-out whose labels are in by `as_of`, and dates to learn from whose labels were in by then, one horizon
    apart: no outcome belongs to two of them. TrainingError when there are not enough."""
    outcome = timedelta(days=of.horizon_days + of.label_delay_days)
    holdout = as_of - outcome
    newest = holdout - outcome
    dates = [newest - timedelta(days=of.horizon_days * k) for k in range(MOST_DATES)]
    needed = as_of - dates[LEAST_DATES - 1] + timedelta(days=LEAST_DAYS)
    if first is None or as_of - first < needed:
        begin = "there are none" if first is None else f"they begin on {first}"
        raise TrainingError(
            f"{needed.days} days of payments before {as_of} are needed, and {begin}: {LEAST_DAYS} to look at, "
            f"{LEAST_DATES} dates to learn from and one to judge by, each with {of.horizon_days} days and the "
            f"label delay of {of.label_delay_days}; load older payments or set a shorter horizon_days"
        )
    return AsOfDates(
        tuple(sorted(day for day in dates if day - first >= timedelta(days=LEAST_DAYS))), (holdout,), as_of
    )
