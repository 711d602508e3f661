"""What an audit of a shop's data says for one model family: `readiness.json`."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Check = Literal[
    "missing", "duplicated", "orphaned", "stale", "constant", "implausible", "leaking", "insufficient", "invalid"
]


class Requirement(BaseModel):
    """What a family needs of one table before it can learn."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    table: str
    columns: tuple[str, ...] = ()
    """Columns that must be filled."""
    min_rows: int = 1
    min_days: int = 0
    """Days between the first and the last row before the as-of date."""
    min_entities: int = 0
    """Distinct values of `entity`."""
    entity: str | None = None
    max_missing: float = 0.5
    """Share of rows in which a required column may be empty."""
    max_age_days: int | None = None
    """How old the newest row may be at the as-of date."""
    optional: bool = False
    """An optional table that is absent is a hint, not an error."""


class Finding(BaseModel):
    """One thing that is wrong or worth knowing. Only errors make a shop unready."""

    model_config = ConfigDict(defer_build=True)

    severity: Literal["error", "warning", "info"]
    check: Check
    table: str
    column: str | None = None
    count: int | None = Field(default=None, description="rows concerned")
    share: float | None = Field(default=None, description="of the table's rows, 0 to 1")
    message: str
    advice: str = ""


class TableFacts(BaseModel):
    """What is there: the plain facts of one table before the as-of date."""

    model_config = ConfigDict(defer_build=True)

    table: str
    rows: int
    first: date | None = None
    last: date | None = None
    daily: list[tuple[date, int]] = Field(default_factory=list, description="rows by week start or day, for the plot")
    missing: dict[str, float] = Field(default_factory=dict, description="share of empty values by column")


class Readiness(BaseModel):
    """The verdict for one family at one as-of date."""

    model_config = ConfigDict(defer_build=True)

    family: str
    as_of: date
    ready: bool
    findings: list[Finding] = Field(default_factory=list)
    facts: list[TableFacts] = Field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stand in the way."""
        return [f for f in self.findings if f.severity == "error"]
