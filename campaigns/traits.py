"""`customers.traits`: JSON text that a shop fills as it likes."""

from __future__ import annotations

import json
from typing import Any

DEPTH = 3
"""Levels that a condition sees."""


def parsed(text: str | None) -> dict[str, Any]:
    """Name → value; what is no object, or nested too deeply to read, counts as none."""
    try:
        found = json.loads(text) if text else {}
    except RecursionError:
        return {}
    return found if isinstance(found, dict) else {}


def plain(value: Any, depth: int = DEPTH) -> Any:
    """Without nulls, which are not known, and without what lies deeper than `depth`."""
    if isinstance(value, dict):
        return {k: plain(v, depth - 1) for k, v in value.items() if v is not None} if depth else {}
    if isinstance(value, list):
        return [plain(v, depth - 1) for v in value if v is not None] if depth else []
    return value
