"""New event rows into the `events` table, each message once, whichever copy of it came first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from lake.lake import Lake
from lake.partitions import connect
from lake.schema import from_records

Row = dict[str, Any]


def take_in(lake: Lake, rows: Iterable[Row], look_back: timedelta) -> tuple[list[Row], int]:
    """Write event rows; give those that the lake now holds for these messages, and how many were new.

    Copies of a message may differ (its time is worked out from when it was received): the one received first is kept,
    ties broken by content, so that the outcome does not depend on the order in which copies come.
    """
    best: dict[str, Row] = {}
    for row in rows:
        present = best.get(row["message_id"])
        if present is None or _rank(row) < _rank(present):
            best[row["message_id"]] = row
    if not best:
        return [], 0
    days = [r["timestamp"].date() for r in best.values()]
    known = fetch(lake, "events", "message_id", best, min(days) - look_back, max(days) + look_back)
    for row in known:
        if _rank(row) < _rank(best[row["message_id"]]):
            best[row["message_id"]] = row
    kept = list(best.values())
    lake.write("events", from_records("events", kept), look_back=look_back)
    return kept, len(best) - len({r["message_id"] for r in known})


def fetch(
    lake: Lake, table: str, column: str, values: Iterable[str], since: date | None, until: date | None
) -> list[Row]:
    """Rows of a lake table whose `column` is among `values`, as dictionaries with zoned times."""
    wanted = pa.table({"wanted": pa.array(sorted(set(values)), pa.string())})
    files = lake.files(table, since=since, until=until)
    if not files or not wanted.num_rows:
        return []
    with connect() as connection:
        connection.register("keys", wanted)
        relation = connection.sql(
            f"SELECT * FROM read_parquet({files!r}, union_by_name = true, hive_partitioning = false) t "  # noqa: S608 - paths of our own files and a declared column
            f'SEMI JOIN keys ON t."{column}" = keys.wanted'
        )
        return relation.to_arrow_table().to_pylist()


def fetch_events(lake: Lake, condition: str, key: str, values: Iterable[str], since: date, until: date) -> list[Row]:
    """Parsed events of these days that meet the SQL `condition` and whose SQL `key` is among `values`.

    Both are expressions over the columns of `events`, written in this package, never taken from data.
    """
    wanted = pa.table({"wanted": pa.array(sorted(set(values)), pa.string())})
    files = lake.files("events", since=since, until=until)
    if not files or not wanted.num_rows:
        return []
    with connect() as connection:
        connection.register("keys", wanted)
        relation = connection.sql(
            f"SELECT t.* FROM read_parquet({files!r}, union_by_name = true, hive_partitioning = false) t "  # noqa: S608 - paths of our own files; see above
            f"SEMI JOIN keys ON {key} = keys.wanted WHERE {condition}"
        )
        return [parsed(r) for r in relation.to_arrow_table().to_pylist()]


def prop(name: str) -> str:
    """SQL for a property as text."""
    return f"json_extract_string(properties, '$.{name}')"


def named(names: Iterable[str]) -> str:
    """SQL condition: the event has one of these names."""
    return "type = 'track' AND name IN (" + ", ".join(f"'{n}'" for n in names) + ")"


def parsed(row: Row) -> Row:
    """The row with `properties` and `traits` as dictionaries."""
    return {**row, **{c: json.loads(row[c]) if row[c] else {} for c in ("properties", "traits")}}


def _rank(row: Row) -> tuple[datetime, datetime, str]:
    content = json.dumps([row[c] for c in sorted(row) if c not in ("timestamp", "received_at")])
    return row["received_at"], row["timestamp"], content
