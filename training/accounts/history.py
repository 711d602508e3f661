"""What accounts did in the days before a date: payments with what was known of them, logins, and what they used."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

from datetime import date, timedelta

import ibis

from training.assessing.known import labelled
from training.assessing.rows import start
from training.contract import Source
from training.streaming.columns import micros

ACCOUNT, AT = "customer_id", "at"
COLUMNS = {"card": "card_fingerprint", "device": "device_id", "address": "shipping_address"}
"""Kind of what is shared → its column in `payments`."""


def payments(source: Source) -> ibis.Table:
    """Every payment of a known account: `event_id`, `customer_id`, `at` (microseconds since 1970), `amount` (float64),
    `declined` (bool), `coupon`, what it was made with (`COLUMNS`), `fraud` and `label_at` where there is a label."""
    rows = source.table("payments")
    rows = rows.filter(rows[ACCOUNT].notnull())
    found = rows.select(
        ACCOUNT,
        "coupon",
        *COLUMNS.values(),
        event_id=rows["payment_id"],
        at=micros(rows["occurred_at"]),
        amount=rows["amount"].cast("float64"),
        declined=(rows["outcome"] == "declined").fill_null(False),
        own_label=rows["fraud"],
        own_label_at=rows["labelled_at"],
    )
    return labelled(found, source, "payment")


def logins(source: Source) -> ibis.Table:
    """Every login that succeeded: `customer_id`, `at`, `device_id`. A device that tried passwords in vain is no link:
    whoever stuffs stolen passwords would link all whom they tried."""
    rows = source.table("logins")
    rows = rows.filter(rows[ACCOUNT].notnull() & rows["succeeded"])
    return rows.select(ACCOUNT, COLUMNS["device"], at=micros(rows["occurred_at"]))


def before(rows: ibis.Table, as_of: date, days: int) -> ibis.Table:
    """Rows of the `days` before `as_of`."""
    return rows.filter((rows[AT] < start(as_of)) & (rows[AT] >= start(as_of - timedelta(days=days))))


def uses(paid: ibis.Table, logged_in: ibis.Table) -> ibis.Table:
    """`customer_id`, `kind`, `thing`: which account used which card, device or address, each once."""
    parts = [
        rows.filter(rows[column].notnull()).select(ACCOUNT, kind=ibis.literal(kind), thing=rows[column])
        for rows, kinds in ((paid, COLUMNS), (logged_in, {"device": COLUMNS["device"]}))
        for kind, column in kinds.items()
    ]
    return ibis.union(*parts).distinct()
