"""What came after the as-of date: which accounts made a payment that turned out to be fraud."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from datetime import date, timedelta

import ibis

from commerce.families.accounts.parameters import AccountsParameters
from training.accounts.history import ACCOUNT, before, payments
from training.assessing.rows import start
from training.contract import ENTITY, LABEL, Source
from training.streaming.batch import FRAUD, LABEL_AT


def defrauding(source: Source, as_of: date, of: AccountsParameters) -> ibis.Table:
    """(entity_id, label 1) of the accounts with a fraud in the horizon from `as_of` on that was known within the label
    delay after it. Later labels are not waited for: in production nobody could."""
    end = as_of + timedelta(days=of.horizon_days)
    known = start(end + timedelta(days=of.label_delay_days))
    rows = before(payments(source), end, of.horizon_days)
    rows = rows.filter(rows[FRAUD].fill_null(False) & (rows[LABEL_AT] < known).fill_null(False))
    return rows.select(**{ENTITY: rows[ACCOUNT]}).distinct().mutate(**{LABEL: ibis.literal(1.0)})
