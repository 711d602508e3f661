"""How a lake table is declared: columns with types, units and meaning, a key and the column that gives the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["string", "int64", "float64", "decimal(18,4)", "timestamp", "date", "bool", "json"]
"""`timestamp` is UTC, microseconds; `decimal(18,4)` is money in the row's `currency`; `json` is text holding JSON."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `unit` is empty for what has none; a column that is not nullable must hold a value in every row."""

    name: str
    type: ColumnType
    doc: str
    unit: str = ""
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One lake table, stored as `<name>/dt=YYYY-MM-DD/data.parquet`.

    `key` identifies a row: writing a row whose key is there replaces it. `time` names the column (timestamp or date)
    whose UTC day is the row's partition. `retention_days` is how long a shop keeps the rows unless its settings say
    otherwise; None keeps them for good. `personal` names the columns that identify a person.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: str
    retention_days: int | None = None
    personal: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        unknown = {*self.key, self.time, *self.personal} - set(names)
        if unknown or len(names) != len(set(names)):
            raise ValueError(f"table {self.name}: unknown or repeated columns {sorted(unknown)}")
        if self.column(self.time).type not in ("timestamp", "date"):
            raise ValueError(f"table {self.name}: {self.time} gives the day, so it must be a timestamp or a date")

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError when there is none."""
        for c in self.columns:
            if c.name == name:
                return c
        raise KeyError(f"table {self.name} has no column {name}; it has {', '.join(c.name for c in self.columns)}")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in declared order."""
        return tuple(c.name for c in self.columns)


def required(name: str, type_: ColumnType, doc: str, unit: str = "") -> Column:
    """A column that every row fills."""
    return Column(name, type_, doc, unit, nullable=False)


MONEY = "currency"
"""Unit of a column of money."""
CURRENCY = Column("currency", "string", "ISO 4217 code of every money column of the row")
