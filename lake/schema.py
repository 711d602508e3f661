"""Declared tables in the terms of Arrow and Ibis."""

from __future__ import annotations

from functools import cache

import ibis
import pyarrow as pa

from commerce.schema import Table
from commerce.tables import TABLES

_ARROW: dict[str, pa.DataType] = {
    "string": pa.string(),
    "json": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "decimal(18,4)": pa.decimal128(18, 4),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
    "bool": pa.bool_(),
}
# In queries a timestamp is UTC without a zone attached: Spark knows no other, and on DuckDB zoned arithmetic goes
# through ICU, which takes about twice as long.
_IBIS: dict[str, str] = {
    "string": "string",
    "json": "string",
    "int64": "int64",
    "float64": "float64",
    "decimal(18,4)": "decimal(18, 4)",
    "timestamp": "timestamp(6)",
    "date": "date",
    "bool": "boolean",
}


def declared(name: str) -> Table:
    """The declared table called `name`; KeyError naming the known ones when there is none."""
    try:
        return TABLES[name]
    except KeyError:
        raise KeyError(f"no table {name!r} in the lake; there are {', '.join(TABLES)}") from None


@cache
def arrow_schema(name: str) -> pa.Schema:
    """Arrow schema of the table; timestamps are `timestamp[us, tz=UTC]`."""
    columns = declared(name).columns
    return pa.schema([pa.field(c.name, _ARROW[c.type], nullable=c.nullable) for c in columns])


@cache
def ibis_schema(name: str) -> ibis.Schema:
    """Ibis schema of the table as both engines show it."""
    return ibis.schema({c.name: _IBIS[c.type] for c in declared(name).columns})


def from_records(name: str, records: list[dict]) -> pa.Table:
    """Arrow table of `records` under the declared schema; a missing key is null."""
    return pa.Table.from_pylist(records, schema=arrow_schema(name))
