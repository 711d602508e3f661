"""A table's rows in partitions: day folders, the order inside them, and the bytes they become."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lake.compute import pc
from lake.schema import arrow_schema, declared

_FILE = "data.parquet"


def partition_key(name: str, day: date) -> str:
    """Object key of one partition, below the lake's root."""
    return f"{name}/dt={day.isoformat()}/{_FILE}"


def partition_day(key: str) -> date | None:
    """The day of a partition's object key; None for an object that is no partition."""
    parts = key.split("/")
    if len(parts) != 3 or parts[2] != _FILE or not parts[1].startswith("dt="):
        return None
    return date.fromisoformat(parts[1].removeprefix("dt="))


def connect() -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that counts in UTC and downloads nothing."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone='UTC'; SET autoinstall_known_extensions=false")
    return connection


def split(name: str, rows: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    """Cut conformed rows by UTC day of the table's time column, each part sorted by key."""
    if rows.num_rows == 0:
        return
    table = declared(name)
    days = rows.column(table.time).cast(pa.date32()).cast(pa.int32()).to_numpy()
    if not _in_order(rows, days, table.key):
        keys = ", ".join(f'"{k}"' for k in table.key)
        with connect() as connection:
            connection.register("incoming", rows)
            sql = f'SELECT * FROM incoming ORDER BY CAST("{table.time}" AS DATE), {keys}'  # noqa: S608 - names are the declared table's
            rows = connection.sql(sql).to_arrow_table()
        days = rows.column(table.time).cast(pa.date32()).cast(pa.int32()).to_numpy()
    ordered = rows.cast(arrow_schema(name))
    bounds = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
    for start, end in itertools.pairwise(bounds):
        day = pa.scalar(int(days[start]), pa.int32()).cast(pa.date32()).as_py()
        yield day, ordered.slice(start, end - start)


def _in_order(rows: pa.Table, days: np.ndarray, key: tuple[str, ...]) -> bool:
    """Whether rows stand by day and key already: a loader of many millions of rows may deliver them so."""
    above = days[1:] > days[:-1]
    level = days[1:] == days[:-1]
    for name in key:
        if not (above | level).all():
            return False
        column = rows.column(name)
        after, before = column.slice(1), column.slice(0, len(column) - 1)
        above |= level & pc.greater(after, before).to_numpy()
        level &= pc.equal(after, before).to_numpy()
    return bool((above | level).all())


def repeated_keys(name: str, part: pa.Table) -> list[int]:
    """Indices of rows in a key-sorted part whose key is the row before's."""
    if part.num_rows < 2:
        return []
    same = None
    for key in declared(name).key:
        column = part.column(key)
        equal = pc.equal(column.slice(1), column.slice(0, len(column) - 1))
        same = equal if same is None else pc.and_(same, equal)
    return [i + 1 for i in pc.indices_nonzero(same).to_pylist()]


def encode(part: pa.Table) -> bytes:
    """Parquet bytes of a part: the same rows always give the same bytes."""
    sink = io.BytesIO()
    pq.write_table(part, sink, compression="zstd", store_schema=False, store_decimal_as_integer=True)
    return sink.getvalue()


def decode(name: str, data: bytes | Path) -> pa.Table:
    """Rows of a partition under today's declaration: a column added since is null, one removed is left out."""
    source = pa.BufferReader(data) if isinstance(data, bytes) else data
    found = pq.ParquetFile(source).read()
    schema = arrow_schema(name)
    arrays = [
        found.column(f.name).cast(f.type) if f.name in found.column_names else pa.nulls(found.num_rows, f.type)
        for f in schema
    ]
    return pa.table(arrays, schema=schema)
