"""How far a part is, from what the ledger and the pass know of its customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import get_args

from commerce.campaigns.ledger import SkipReason
from functions.common.ledger import LetterRow
from functions.deliver.doubt import Verdict
from functions.deliver.ports import Report, State


def report(
    state: State,
    reason: str,
    *,
    rows: Mapping[str, LetterRow],
    skipped: Mapping[str, SkipReason],
    waiting: Mapping[str, datetime],
    doubts: Mapping[str, Verdict],
) -> Report:
    """Each customer counts once; all four are by customer."""
    passed_over: dict[str, str] = dict(skipped)
    states: Counter[str] = Counter()
    for customer, row in rows.items():
        # A letter that was closed because its customer may not be written to any more was skipped, not refused.
        if row.state == "failed" and row.reason in get_args(SkipReason):
            passed_over.setdefault(customer, row.reason)
        elif customer not in passed_over:
            states[row.state] += 1
    looks = [*waiting.values(), *(verdict.look_at for verdict in doubts.values() if verdict.look_at)]
    return Report(
        state=state,
        sent=states["sent"],
        failed=states["failed"],
        deferred=len(waiting),
        in_doubt=len(doubts),
        skipped=dict(Counter(passed_over.values())),
        resume_at=min(looks, default=None),
        reason=reason,
        probe=any(verdict.unheard for verdict in doubts.values()),
    )
