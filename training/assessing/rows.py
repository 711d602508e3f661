"""Rows of events: the event's own variables and the features of its past, each as of the event's own time."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import ibis

from commerce.assessments.assessment import Assessment
from commerce.streams.windows import DAY, micros
from training.contract import ENTITY, LABEL
from training.streaming import batch
from training.streaming.batch import AT, FRAUD, ID, LABEL_AT

AT_STAKE = "at_stake"
"""What an event would cost if it is fraud, in the shop's currency: no feature."""


def start(day: date) -> int:
    """Microseconds since 1970 at which the day begins, UTC."""
    return micros(datetime.combine(day, time(), UTC))


def rows(events: ibis.Table, assessment: Assessment, as_of: date, days: int, delay_days: int) -> ibis.Table:
    """Events of the `days` before `as_of`: `entity_id`, `at`, `at_stake`, the assessment's facts and features by name.

    `events` has the columns of `streaming.batch.features`, the facts and own variables, and `at_stake`. Of the past, no
    more is read than windows reach.
    """
    end, begin = start(as_of), start(as_of - timedelta(days=days))
    reach = start(as_of - timedelta(days=days + DAY.kept))
    known = events.filter((events[AT] < end) & (events[AT] >= reach))
    own = known.select(ID, AT, AT_STAKE, *assessment.names, *assessment.facts)
    past = batch.features(known, assessment.streams, delay_days)
    found = own.left_join(past, ID).drop(f"{ID}_right")
    return found.filter(found[AT] >= begin).rename({ENTITY: ID})


def labels(events: ibis.Table, as_of: date, days: int, delay_days: int) -> ibis.Table:
    """`entity_id` and `label` of the events of which a label became known within the delay after `as_of`.

    Later ones are not waited for: in production nobody could.
    """
    end, begin = start(as_of), start(as_of - timedelta(days=days))
    known = start(as_of + timedelta(days=delay_days))
    found = events.filter((events[AT] < end) & (events[AT] >= begin) & (events[LABEL_AT] < known))
    return found.select(**{ENTITY: found[ID], LABEL: found[FRAUD].cast("float64")})
