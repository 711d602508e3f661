"""Decisions of the lake beside what their events turned out to be."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

import re
from datetime import date, timedelta

import ibis

from commerce.assessments.context import Context
from commerce.streams.windows import DAY, SECOND
from training.assessing.rows import start
from training.contract import ENTITY, Source
from training.streaming.batch import AT, FRAUD, ID, LABEL_AT
from training.streaming.columns import micros


def decided(source: Source, events: ibis.Table, family: str, as_of: date, days: int) -> ibis.Table:
    """Decisions of `family` on the events of the `days` before `as_of`, one row each.

    `decision_id`, `event_id`, `day` (days since 1970, UTC), `decided_at` (microseconds), `version`, `source`,
    `outcome`, `probability`, `amount`, `features` (JSON) and `fraud`: what was known before `as_of`, else empty.
    `events` has `event_id`, `at`, `label_at` and `fraud`; an event that is not there is dated by its decision.
    """
    end, begin = start(as_of), start(as_of - timedelta(days=days))
    made = source.table("decisions")
    made = made.filter(made["family"] == family)
    own = made.select(
        ID,
        "decision_id",
        "version",
        "source",
        "outcome",
        "probability",
        "features",
        decided_at=micros(made["decided_at"]),
        amount=made["amount"].cast("float64").fill_null(0.0),
    )
    found = own.left_join(events.select(ID, AT, LABEL_AT, FRAUD), ID).drop(f"{ID}_right")
    at = found[AT].fill_null(found["decided_at"])
    known = ibis.cases((found[LABEL_AT] < end, found[FRAUD]))
    dated = found.mutate(**{AT: at, FRAUD: known.cast("float64")})
    within = dated.filter((dated[AT] < end) & (dated[AT] >= begin))
    return within.mutate(day=(within[AT] // (DAY.seconds * SECOND)).cast("int64")).drop(AT, LABEL_AT)


def said(source: Source, context: Context, family: str, as_of: date, days: int) -> ibis.Table:
    """What rules were told of the customer when `family` decided on events in the `days` before `as_of`.

    `entity_id`, the event's, once, and `said_<field>` of the context's fields, from the first decision's snapshot.
    """
    made = source.table("decisions")
    at = micros(made["decided_at"])
    made = made.filter((made["family"] == family) & (at < start(as_of)) & (at >= start(as_of - timedelta(days=days))))
    first = ibis.row_number().over(ibis.window(group_by=ID, order_by=["decided_at", "decision_id"]))
    snapshot = made.mutate(place=first).filter(ibis._.place == 0)
    return snapshot.select(
        snapshot[ID].name(ENTITY),
        *(_number(snapshot["features"], name).name(told(field)) for name, field in context.names.items()),
    )


def told(field: str) -> str:
    """The column of a context's field."""
    return f"said_{field}"


def _number(snapshot: ibis.Value, name: str) -> ibis.Value:
    """A value of the snapshot, a flat JSON object; empty where there is none. Found as text, as Ibis takes the dot in a
    name for a step down, and on Spark would need a Python on every worker."""
    found = snapshot.re_extract(f'"{re.escape(name)}":\\s*([-+.0-9eE]+)', 1)
    return found.nullif("").cast("float64")
