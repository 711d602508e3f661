"""Labels of events that are not there, and labels older than their event."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from commerce.readiness import Check, Finding
from commerce.risk_tables import EVENT_IDS
from lake.lake import Lake
from lake.schema import declared


def astray(lake: Lake, labels: ibis.Table, last_day: date) -> list[Finding]:
    """Findings about rows of `labels` by what their events' tables hold until `last_day`; an empty one is not missed.

    A label may come before its event where a provider is quicker than the shop: it is warned of, and stays.
    """
    findings = []
    for event_type, (name, id_) in EVENT_IDS.items():
        if not any(day <= last_day for day in lake.days(name)):
            continue
        table = lake.table(name, until=last_day)
        events = table.select(known=table[id_], happened=table[declared(name).time])
        given: Any = labels.filter(labels.event_type == event_type).left_join(events, [("event_id", "known")])
        unknown, early = given.known.isnull(), given.labelled_at < given.happened
        counted = given.aggregate(unknown=unknown.sum(), early=early.sum(), rows=given.count())
        [counts] = counted.to_pyarrow().to_pylist()
        rows = int(counts["rows"])
        if count := int(counts["unknown"] or 0):
            what = f"are of a {event_type} that is not in {name}"
            findings.append(_finding("orphaned", "event_id", count, rows, what, f"load the missing {name}"))
        if count := int(counts["early"] or 0):
            what = f"are older than their {event_type}"
            advice = f"check the clocks of who labels, and {declared(name).time} of {name}"
            findings.append(_finding("implausible", "labelled_at", count, rows, what, advice))
    return findings


def _finding(check: Check, column: str, count: int, rows: int, what: str, advice: str) -> Finding:
    return Finding(
        severity="warning",
        check=check,
        table="labels",
        column=column,
        count=count,
        share=round(count / rows, 6),
        message=f"labels.{column}: {count:,} of {rows:,} rows {what}",
        advice=advice,
    )
