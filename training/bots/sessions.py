"""Sessions of the lake as events: the batch form of `commerce.families.bots.session`."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import ibis

from commerce.families.bots.session import COLUMNS, FACTS
from commerce.families.bots.streams import REQUESTS
from training.assessing.known import labelled
from training.assessing.rows import AT_STAKE
from training.bots import traffic
from training.contract import Source
from training.streaming.columns import micros, network


def events(source: Source, stake: float) -> ibis.Table:
    """One row per session, with its label where one is known; each puts `stake` at risk."""
    sessions = source.table("sessions")
    at = sessions["ended_at"]
    found = sessions.select(
        *dict.fromkeys((*COLUMNS, *FACTS)),
        event_id=sessions["session_id"],
        at=micros(at),
        network=network(sessions["ip"]),
        own_label=ibis.null("boolean"),
        own_label_at=ibis.null("timestamp"),
        hour=at.hour().cast("float64"),
        **traffic.variables(sessions),
        known_customer=sessions["customer_id"].notnull().cast("float64"),
        **{AT_STAKE: ibis.literal(stake), REQUESTS: sessions["requests"].fill_null(0.0).round().cast("int64")},
    )
    return labelled(found, source, "session")
