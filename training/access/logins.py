"""Logins of the lake as events: the batch form of `commerce.families.access.login`."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false

from __future__ import annotations

import ibis

from commerce.families.access.login import COLUMNS, FACTS
from training.assessing.known import labelled
from training.assessing.rows import AT_STAKE
from training.contract import Source
from training.streaming.columns import micros, network


def events(source: Source, stake: float) -> ibis.Table:
    """One row per attempt, with its label where one is known; each puts `stake` at risk."""
    logins = source.table("logins")
    at = logins["occurred_at"]
    found = logins.select(
        *dict.fromkeys((*COLUMNS, *FACTS)),
        event_id=logins["login_id"],
        at=micros(at),
        network=network(logins["ip"]),
        failed=(~logins["succeeded"]).cast("int64"),
        own_label=ibis.null("boolean"),
        own_label_at=ibis.null("timestamp"),
        hour=at.hour().cast("float64"),
        weekend=(at.day_of_week.index() >= 5).cast("float64"),
        succeeded=logins["succeeded"].cast("float64"),
        unknown_account=logins["customer_id"].isnull().cast("float64"),
        **{AT_STAKE: ibis.literal(stake)},
    )
    return labelled(found, source, "login")
