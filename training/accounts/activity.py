"""What each account did, as numbers that add up over accounts: its own, and those of the rest of its group."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from commerce.streams.windows import DAY, SECOND
from training.accounts.history import ACCOUNT, AT
from training.assessing.rows import start
from training.streaming.batch import FRAUD, LABEL_AT

NEW_DAYS = 14
"""An account that was first seen within them is new."""
PAID: tuple[str, ...] = ("payments", "declined", "amount", "with_coupon", "frauds", "payers", "defrauding")
"""Payments, those declined, their amounts, those with a coupon, those known to be fraud; 1 of an account with payments,
and of one with known frauds."""
SEEN: tuple[str, ...] = ("seen_first", "seen_last")
"""Days before the as-of date at which the account was first and last seen within the days looked at."""


def paid(payments: ibis.Table, as_of: date) -> ibis.Table:
    """`customer_id` and `PAID`. What turned out to be fraud counts once that was known, before `as_of`."""
    known = payments[FRAUD].fill_null(False) & (payments[LABEL_AT] < start(as_of)).fill_null(False)
    rows = payments.mutate(known=known)
    found = rows.group_by(ACCOUNT).aggregate(
        payments=rows.count(),
        declined=_count(rows["declined"]),
        amount=rows["amount"].sum(),
        with_coupon=_count(rows["coupon"].notnull()),
        frauds=_count(rows["known"]),
        payers=ibis.literal(1),
        defrauding=rows["known"].max().cast("int64"),
    )
    return found.select(ACCOUNT, **{name: found[name].cast("float64") for name in PAID})


def seen(payments: ibis.Table, logins: ibis.Table, as_of: date) -> ibis.Table:
    """`customer_id` and `SEEN` of every account that paid or logged in."""
    rows = ibis.union(payments.select(ACCOUNT, AT), logins.select(ACCOUNT, AT))
    found = rows.group_by(ACCOUNT).aggregate(first=rows[AT].min(), last=rows[AT].max())
    days = {
        name: (start(as_of) - found[at]) / (DAY.seconds * SECOND)
        for name, at in zip(SEEN, ("first", "last"), strict=True)
    }
    return found.select(ACCOUNT, **{name: value.cast("float64") for name, value in days.items()})


def _count(holds: ir.BooleanValue) -> ir.IntegerScalar:
    return holds.cast("int64").sum()
