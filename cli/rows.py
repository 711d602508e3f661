"""Rows of an answer as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.table import Table


def table(rows: list[dict[str, Any]]) -> Table:
    """A column for each field of the first row that any row has; there is at least one row."""
    columns = [name for name in rows[0] if any(row.get(name) is not None for row in rows)]
    shown = Table(box=None, header_style="bold")
    for name in columns:
        number = any(isinstance(row.get(name), int | float) for row in rows)
        shown.add_column(name.replace("_", " "), justify="right" if number else "left")
    for row in rows:
        shown.add_row(*_cells(row, columns))
    return shown


def _cells(row: dict[str, Any], columns: list[str]) -> Iterator[str]:
    for name in columns:
        value = row.get(name)
        yield escape(_number(value) if isinstance(value, float) else str("–" if value is None else value))


def _number(value: float) -> str:
    """Three digits, and never fewer than those before the point."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
