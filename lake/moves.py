"""Rows whose day changed: the same key, now in another partition.

Only tables whose key does not hold their time column can have them (orders, order lines, events, …).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.partitions import connect, partition_key
from lake.problems import InvalidRowsError, Problem
from lake.schema import declared
from lake.stores import Store


def moved_rows(
    store: Store, name: str, rows: pa.Table, tags: dict[date, str], look_back: timedelta | None, first_row: int
) -> dict[date, pa.Table]:
    """Keys of `rows` that stand in a partition of another day, by that day.

    `tags` are the partitions present. `look_back` limits the search to so long before the earliest and after the
    latest incoming row; None searches the whole table. Raises `InvalidRowsError` when the incoming rows themselves
    hold a key on two days, `FileNotFoundError` when a partition's copy on this machine is deleted while it is read.
    """
    table = declared(name)
    if table.time in table.key:
        return {}
    keys = ", ".join(f'"{k}"' for k in table.key)
    with connect() as connection:
        connection.register("incoming", rows)
        connection.execute(
            f'CREATE TEMP VIEW i AS SELECT {keys}, CAST("{table.time}" AS DATE) AS "~day" FROM incoming'  # noqa: S608 - names are the declared table's
        )
        torn = connection.sql(
            f'SELECT {keys} FROM i GROUP BY {keys} HAVING min("~day") <> max("~day") LIMIT 20'  # noqa: S608 - likewise
        ).fetchall()
        if torn:
            reason = "rows with this key are on different days; keep one of them"
            raise InvalidRowsError(
                [Problem(name, first_row, table.key[0], ", ".join(map(str, k)), reason) for k in torn]
            )
        first, last = connection.sql('SELECT min("~day"), max("~day") FROM i').fetchall()[0]
        near = [d for d in tags if look_back is None or first - look_back <= d <= last + look_back]
        if not near or (near == [first] and first == last):
            return {}
        with ThreadPoolExecutor(store.threads) as pool:
            files = [str(f) for f in pool.map(lambda d: store.file(partition_key(name, d), tags[d]), near)]
        on = " AND ".join(f'p."{k}" = i."{k}"' for k in table.key)
        try:
            found = connection.sql(
                f'SELECT p.dt AS "~day", {", ".join(f'p."{k}"' for k in table.key)} '  # noqa: S608 - likewise
                f"FROM read_parquet({files!r}, hive_partitioning = true, hive_types = {{'dt': DATE}}) p "
                f'JOIN i ON {on} AND p.dt <> i."~day"'
            ).to_arrow_table()
        except duckdb.IOException as error:
            gone = [file for file in files if not Path(file).exists()]
            if not gone:
                raise
            raise FileNotFoundError(gone[0]) from error
    days = sorted(set(found.column("~day").to_pylist()))
    return {day: found.filter(_is(found, day)).drop_columns("~day") for day in days}


def _is(found: pa.Table, day: date) -> pa.Array:
    return pa.array([d == day for d in found.column("~day").to_pylist()])
