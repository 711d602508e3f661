"""Which partitions are too old. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from commerce.schema import Table

_DAY = re.compile(r"^dt=(\d{4}-\d{2}-\d{2})$")


def oldest_kept(table: Table, today: date) -> date | None:
    """First day whose rows stay: all of the last `retention_days` days before today do. None keeps every day."""
    return None if table.retention_days is None else today - timedelta(days=table.retention_days)


def day_of(key: str) -> date | None:
    """The day of a partition's key, `lake/<table>/dt=YYYY-MM-DD/…`; None for what is no partition."""
    parts = key.split("/")
    found = _DAY.match(parts[2]) if len(parts) > 3 else None
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def expired(keys: Iterable[str], oldest: date) -> list[str]:
    """Keys of partitions before the day `oldest`."""
    return [key for key in keys if (day := day_of(key)) is not None and day < oldest]
