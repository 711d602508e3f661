"""Dates at which events are cut into those to learn from, those to judge by, and those whose labels are not in yet."""

from __future__ import annotations

from datetime import date, timedelta

from commerce.assessments.parameters import AssessmentParameters
from training.contract import AsOfDates, TrainingError

LEAST_DAYS = 7
"""Of events to learn from."""


def dates(first: date | None, as_of: date, parameters: AssessmentParameters, events: str) -> AsOfDates:
    """The last `holdout_days` whose labels are in by `as_of`; to learn from, the days before them whose labels were in
    when they began. TrainingError when there are not enough."""
    delay = timedelta(days=parameters.label_delay_days)
    holdout = as_of - delay
    train = holdout - timedelta(days=parameters.holdout_days) - delay
    if first is None or first + timedelta(days=LEAST_DAYS) > train:
        needed = (as_of - train).days + LEAST_DAYS
        begin = "there are none" if first is None else f"they begin on {first}"
        raise TrainingError(
            f"{needed} days of {events} before {as_of} are needed, and {begin}: {LEAST_DAYS} to learn from, "
            f"{parameters.holdout_days} to judge by, and twice the label delay of {delay.days} days"
        )
    return AsOfDates((train,), (holdout,), as_of)
