"""What a load did, or would do: rows by table, mess that was handled, and problems row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field

Progress = Callable[[str, int, int], None]
"""(what is being done, steps done, steps in all)"""


class TableLoad(BaseModel):
    """One table. In a dry run nothing is compared with the lake: `inserted`, `updated` and `unchanged` stay 0."""

    rows: int = Field(default=0, description="valid rows read from the source")
    refused: int = Field(default=0, description="rows left out because of a problem")
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    partitions: int = Field(default=0, description="day partitions written")
    sample: list[dict[str, Any]] = Field(default_factory=list, description="first rows, in a dry run")


class Handled(BaseModel):
    """A kind of mess in the source that was dealt with on purpose."""

    what: str
    count: int
    how: str


class ProblemRow(BaseModel):
    """One thing that is wrong with a row of the source; `row` counts from 1, 0 concerns the whole column."""

    table: str
    source: str = ""
    row: int
    column: str
    value: str | None
    reason: str


class LoadReport(BaseModel):
    """The whole load. JSON by `model_dump_json()`."""

    source: str
    dry_run: bool
    seconds: float = 0.0
    tables: dict[str, TableLoad] = Field(default_factory=dict)
    handled: list[Handled] = Field(default_factory=list)
    problems: list[ProblemRow] = Field(default_factory=list, description="the listed ones; `refused` counts all")

    @property
    def refused(self) -> int:
        """Rows left out in all tables."""
        return sum(t.refused for t in self.tables.values())

    @property
    def rows(self) -> int:
        """Valid rows in all tables."""
        return sum(t.rows for t in self.tables.values())
