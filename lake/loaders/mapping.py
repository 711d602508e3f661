"""The mapping of a shop's files to lake tables, as a TOML file says it; `lake/mappings/README.md` explains it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from commerce.tables import TABLES


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


Column = Annotated[str, Field(pattern=r"^[^\"~]+$")]
"""A column of a file, `column` or `file.column`."""


class ColumnRule(_Strict):
    """Where a lake column's values come from: exactly one of the first seven, and how they are read."""

    column: Column | None = None
    constant: str | int | float | bool | None = None
    concat: list[Column] | None = None
    sum: list[Column] | None = None
    difference: list[Column] | None = None
    product: list[Column] | None = None
    json_of: list[Column] | dict[str, Column] | None = Field(default=None, alias="json")

    separator: str = "-"
    map: dict[str, str | int | float | bool] | None = None
    otherwise: str | int | float | bool | None = None
    default: str | int | float | bool | None = None
    scale: float | None = None
    decimal_comma: bool = False
    format: str | None = None
    time_zone: str | None = None
    epoch: Literal["s", "ms", "us"] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> ColumnRule:
        sources = ("column", "constant", "concat", "sum", "difference", "product", "json_of")
        given = [s for s in sources if getattr(self, s) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of column, constant, concat, sum, difference, product, json")
        return self

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return _zone(value)


class Join(_Strict):
    """Another file whose columns are added where the `on` columns agree (ours = theirs)."""

    file: str
    on: dict[Column, Column] = Field(min_length=1)
    required: bool = False
    """Leave out rows without a partner; otherwise the other file's columns are empty there."""


class TableRule(_Strict):
    """One lake table: the file its rows come from, files joined to it, which rows, and each column."""

    table: str
    file: str
    join: list[Join] = Field(default_factory=list)
    where: dict[Column, list[str]] = Field(default_factory=dict)
    """Only rows in which the column's text is one of these."""
    columns: dict[str, ColumnRule]

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """`name = "column"` is short for `name = { column = "column" }`."""
        return (
            {k: {"column": v} if isinstance(v, str) else v for k, v in value.items()}
            if isinstance(value, dict)
            else value
        )

    @model_validator(mode="after")
    def _fits_the_lake(self) -> TableRule:
        if self.table not in TABLES:
            raise ValueError(f"the lake has no table {self.table!r}; it has {', '.join(TABLES)}")
        table = TABLES[self.table]
        if unknown := [c for c in self.columns if c not in table.column_names]:
            raise ValueError(f"{self.table} has no column {', '.join(unknown)}; it has {', '.join(table.column_names)}")
        if missing := [c.name for c in table.columns if not c.nullable and c.name not in self.columns]:
            raise ValueError(f"{self.table} needs {', '.join(missing)}")
        return self


class Mapping(_Strict):
    """The whole mapping. `currency` fills money tables' `currency` where no rule does; `time_zone` is the files'."""

    name: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    time_zone: str = "UTC"
    files: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], str] = Field(min_length=1)
    tables: list[TableRule] = Field(min_length=1)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str | None:
        return _zone(value)

    @model_validator(mode="after")
    def _known_files(self) -> Mapping:
        for rule in self.tables:
            for file in (rule.file, *(j.file for j in rule.join)):
                if file not in self.files:
                    raise ValueError(
                        f"{rule.table}: there is no file {file!r} under [files]; there are {', '.join(self.files)}"
                    )
        return self


def read_mapping(path: Path) -> Mapping:
    """The mapping in a TOML file. ValueError says place and reason for everything that is wrong with it."""
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        reasons = [f"{'.'.join(str(p) for p in e['loc']) or 'mapping'}: {e['msg']}" for e in error.errors()]
        raise ValueError(f"{path}:\n  " + "\n  ".join(reasons)) from None


def _zone(value: str | None) -> str | None:
    if value is not None and value not in available_timezones():
        raise ValueError(f"{value!r} is no IANA time zone such as Europe/Berlin")
    return None if value is None else ZoneInfo(value).key
