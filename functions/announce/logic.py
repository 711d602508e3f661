"""The alerts of a run as events. Pure: the same run always gives the same events, with the same ids."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from commerce.rankings import Alert


class Released(BaseModel):
    """Detail of the event that a version was released, as far as it is needed."""

    family: str
    run_id: str
    version: str


def entries(released: Released, alerts: Sequence[Alert]) -> list[tuple[str, dict[str, Any]]]:
    """(detail type, detail) of each alert.

    `alert_id` is the same however often it is sent: the bus delivers at least once, and receivers may drop what they
    had. `of` is how many of its kind the run has, of which the most valuable are told.
    """
    told = []
    for alert in alerts:
        for place, row in enumerate(alert.rows, start=1):
            name = f"{released.family}|{released.run_id}|{alert.detail_type}|{place}"
            detail = released.model_dump() | {
                "alert_id": hashlib.sha256(name.encode()).hexdigest()[:32],
                "place": place,
                "of": alert.total,
                "alert": row,
            }
            told.append((alert.detail_type, detail))
    return told
