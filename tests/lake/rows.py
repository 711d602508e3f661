"""Rows for lake tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def day(number: int, hour: int = 12) -> datetime:
    """A moment in January 2024."""
    return datetime(2024, 1, number, hour, tzinfo=UTC)


def order(order_id: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """A row of `orders` on a day of January 2024."""
    return {"order_id": order_id, "ordered_at": day(number), "status": "completed", **more}


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and modification time of every partition below `root`."""
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(root.rglob("*.parquet"))}
