"""What is wrong with rows: one `Problem` per row, column and reason, and the error that carries them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from commerce.tables import TABLES

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `row` counts from 1 in the rows or file it came from; 0 concerns the whole column."""

    table: str
    row: int
    column: str
    value: Any
    reason: str
    source: str = ""
    """The file the row was read from, where it was read from a file."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {**asdict(self), "value": None if self.value is None else str(self.value)}

    def __str__(self) -> str:
        """In words, without the value where the column identifies a person, because messages end up in logs."""
        where = f"row {self.row}, " if self.row else ""
        table = TABLES.get(self.table)
        personal = table is not None and self.column in table.personal
        value = f" ({self.value!r})" if self.row and not personal else ""
        return f"{self.table}: {where}column {self.column}{value}: {self.reason}"


class InvalidRowsError(ValueError):
    """Rows that do not fit the declared table. `problems` lists what was found; none of the rows was written."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        shown = "\n  ".join(str(p) for p in problems[:_SHOWN])
        more = f"\n  … and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        super().__init__(f"{len(problems)} problem(s), the rows were refused:\n  {shown}{more}")
