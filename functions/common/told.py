"""Which of several messages about one event holds: the one of the latest time, of equal times the greatest id."""

from __future__ import annotations

from datetime import datetime, timedelta

from commerce.streams.windows import micros

SKEW = timedelta(minutes=5)
"""How far a sender's clock may be ahead. An event from the future would push what is counted out of every window."""


def order(at: datetime, message_id: str = "") -> str:
    """Sorts as (time, id) does. A decision's own telling has no id: whatever else is told of that time holds."""
    return f"{micros(at):020d}|{message_id}"
