"""Numbers, times and texts of event properties in the lake's types."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

_FOUR_PLACES = Decimal("0.0001")
_LARGEST = Decimal(10) ** 13


def money(value: Any) -> Decimal | None:
    """An amount with four places; None for what is none or does not fit decimal(18,4)."""
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
        if not amount.is_finite() or abs(amount) >= _LARGEST:
            return None
        return amount.quantize(_FOUR_PLACES, ROUND_HALF_EVEN)
    except InvalidOperation:
        return None


def number(value: Any) -> float | None:
    """A finite number, else None."""
    amount = money(value)
    return None if amount is None else float(value)


def text(value: Any) -> str | None:
    """Text; None for what is empty or no plain value."""
    if value is None or isinstance(value, dict | list) or value == "":
        return None
    return str(value)


def flag(value: Any) -> bool | None:
    """A truth value as traits carry it, else None."""
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(str(value).lower())


def instant(value: Any) -> datetime | None:
    """An ISO 8601 time, or seconds since 1970; without zone it is taken as UTC, as the tracking spec says."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
