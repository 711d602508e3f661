"""The report on a family that decides: what it decided, how right that was, what it cost, and what changed."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd

from commerce.assessments.assessment import Assessment
from commerce.assessments.monitoring import AssessmentMonitoring, Drift, Losses, Performance
from commerce.assessments.parameters import AssessmentParameters
from training.assessing.decided import decided
from training.assessing.findings import findings
from training.assessing.losses import losses
from training.assessing.performance import by_version, performance
from training.assessing.rows import rows
from training.assessing.shifts import (
    MOST_ROWS,
    RECENT_DAYS,
    REFERENCE_DAYS,
    Sample,
    drift,
    of_decisions,
    of_events,
)
from training.assessing.volumes import EPOCH, volumes
from training.contract import ENTITY, Source
from training.drift import LEAST_ROWS

MATURE_DAYS = 28
"""Days whose decisions are judged, the latest whose labels are in."""
VOLUME_DAYS = RECENT_DAYS + REFERENCE_DAYS


def monitored(
    source: Source,
    events: ibis.Table,
    family: str,
    assessment: Assessment,
    as_of: date,
    parameters: AssessmentParameters,
) -> AssessmentMonitoring:
    """From what was known before `as_of`; `events` is the family's table of events, as `decided.decided` takes it."""
    delay = parameters.label_delay_days
    made = decided(source, events, family, as_of, max(VOLUME_DAYS, MATURE_DAYS + delay))
    frame = made.drop("features").order_by("decided_at", "decision_id").to_pandas()
    today = (as_of - EPOCH).days
    mature = _mature(frame, today - delay)
    known = mature[mature["fraud"].notna()]
    judged = performance(mature, parameters) if len(mature) else None
    came_to = losses(*(known[n].to_numpy() for n in ("outcome", "amount", "fraud")), parameters) if len(known) else None
    changed = _drift(made, events, as_of, assessment, parameters)
    return AssessmentMonitoring(
        family=family,
        as_of=as_of,
        event_type=assessment.event_type,
        label_delay_days=delay,
        mature_from=as_of - timedelta(days=delay + MATURE_DAYS),
        mature_until=as_of - timedelta(days=delay + 1),
        volumes=volumes(frame[frame["day"] >= today - VOLUME_DAYS], as_of),
        performance=judged,
        versions=by_version(mature, parameters),
        losses=came_to,
        drift=changed,
        figures=_figures(judged, came_to, changed),
        findings=findings(judged, came_to, changed),
    )


def _mature(frame: pd.DataFrame, until: int) -> pd.DataFrame:
    """Decisions on the events before the day `until`, the latest of an event, with what is taken to be known of it."""
    old = frame[(frame["day"] < until) & (frame["day"] >= until - MATURE_DAYS)]
    latest = old.drop_duplicates("event_id", keep="last")
    # What nobody complained of was legitimate; of what was blocked nobody could complain.
    return latest.assign(fraud=latest["fraud"].where(latest["outcome"] == "block", latest["fraud"].fillna(0.0)))


def _drift(
    made: ibis.Table, events: ibis.Table, as_of: date, assessment: Assessment, parameters: AssessmentParameters
) -> Drift | None:
    split = as_of - timedelta(days=RECENT_DAYS)
    day = (split - EPOCH).days
    recent = _sample(made.filter(made["day"] >= day), assessment)
    before = _sample(made.filter((made["day"] < day) & (made["day"] >= day - REFERENCE_DAYS)), assessment)
    if len(before) >= LEAST_ROWS or len(recent) < LEAST_ROWS:
        return drift(before, recent, assessment)
    known = rows(events, assessment, split, REFERENCE_DAYS, parameters.label_delay_days)
    # Ids of events may be numbers that rise: a hash is as good as chance.
    drawn = known.order_by(known[ENTITY].hash(), ENTITY).limit(MOST_ROWS).to_pandas()
    return drift(of_events(drawn, assessment), recent, assessment, "events")


def _sample(decisions: ibis.Table, assessment: Assessment) -> Sample:
    first = decisions.order_by("decision_id").limit(MOST_ROWS)
    return of_decisions(first.select("probability", "features").to_pandas(), assessment)


def _figures(of: Performance | None, came_to: Losses | None, changed: Drift | None) -> dict[str, float]:
    """By the name of their metric; what is unknown is left out."""
    at = of.at_capacity if of else None
    found = {
        "Precision": of.precision if of else None,
        "Recall": of.recall if of else None,
        "PrecisionAtCapacity": at.precision.value if at else None,
        "RecallAtCapacity": at.recall.value if at and at.recall else None,
        "FalsePositiveCost": came_to.false_positive_cost if came_to else None,
        "LossesAverted": came_to.averted if came_to else None,
        "LossesLetThrough": came_to.lost if came_to else None,
        "ScoreDrift": changed.score.psi if changed and changed.score else None,
        "DriftedFeatures": float(changed.major) if changed else None,
    }
    return {name: value for name, value in found.items() if value is not None}
