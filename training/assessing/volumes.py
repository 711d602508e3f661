"""What was decided, day by day."""

# What a selection from a frame is, a frame or a column, only shows at run time.
# pyright: reportArgumentType=false

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from commerce.assessments.monitoring import Volume

EPOCH = date(1970, 1, 1)


def volumes(decisions: pd.DataFrame, as_of: date) -> list[Volume]:
    """From the first day with a decision to the day before `as_of`, also of days without any.

    `decisions`: `day` (days since 1970), `outcome`, `source`, `amount`.
    """
    if decisions.empty:
        return []
    days = range(int(decisions["day"].min()), (as_of - EPOCH).days)
    return [_volume(day, decisions[decisions["day"] == day]) for day in days]


def _volume(day: int, own: pd.DataFrame) -> Volume:
    outcome, source, amount = (own[name].to_numpy() for name in ("outcome", "source", "amount"))
    return Volume(
        day=EPOCH + timedelta(days=day),
        decisions=len(own),
        approved=int((outcome == "approve").sum()),
        reviewed=int((outcome == "review").sum()),
        blocked=int((outcome == "block").sum()),
        by_model=int((source == "model").sum()),
        by_cold_start=int((source == "cold_start").sum()),
        by_rules=int((source == "rules").sum()),
        amount=float(amount.sum()),
        amount_reviewed=float(amount[outcome == "review"].sum()),
        amount_blocked=float(amount[outcome == "block"].sum()),
    )
