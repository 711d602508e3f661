"""Rows as CSV (RFC 4180) that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, or skips before one (OWASP, *CSV injection*)."""


def text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A line of names, then one per row; nothing stands for null."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return made.getvalue()


def _cell(value: Any) -> Any:
    """Text that would begin a formula is kept from it by an apostrophe; numbers stay as they are."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
