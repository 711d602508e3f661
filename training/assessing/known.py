"""Labels beside events: a row of `labels` where there is one, else what a loaded file said."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

import ibis

from training.contract import Source
from training.streaming.batch import FRAUD, ID, LABEL_AT
from training.streaming.columns import micros


def labelled(events: ibis.Table, source: Source, event_type: str) -> ibis.Table:
    """`events` with `label_at` and `fraud`, in place of their columns `own_label` and `own_label_at` (timestamp)."""
    labels = source.table("labels")
    labels = labels.filter(labels["event_type"] == event_type)
    given = labels.select(ID, given=labels["fraud"], given_at=micros(labels["labelled_at"]))
    found = events.left_join(given, ID).drop(f"{ID}_right")
    known = found["given_at"].notnull()
    return found.mutate(
        **{
            FRAUD: ibis.cases((known, found["given"]), else_=found["own_label"]),
            LABEL_AT: ibis.cases((known, found["given_at"]), else_=micros(found["own_label_at"])),
        }
    ).drop("given", "given_at", "own_label", "own_label_at")
