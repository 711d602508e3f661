"""Simulated events as rows of the lake: an event's table, the labels that come later, and what each event truly was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
import pyarrow as pa

from commerce.risk_tables import EVENT_IDS
from lake.compute import pc
from lake.schema import arrow_schema, declared

DAY = 86_400
"""In seconds."""
_MICRO = 1_000_000


@dataclass(frozen=True)
class Simulated:
    """What a simulator made."""

    tables: Mapping[str, pa.Table]
    """Name of a table of the lake → rows under its declared schema, by time: the events and `labels`."""
    patterns: pa.Array
    """What each event truly was, in the order of its table: a habit's or an attack's name. Labels tell less."""


def moments(days: np.ndarray, start: date) -> pa.Array:
    """Timestamps of times in days after `start` (00:00 UTC), to the millisecond."""
    begin = int(datetime.combine(start, time(), UTC).timestamp())
    millis = begin * 1000 + np.rint(np.asarray(days) * DAY * 1000).astype("int64")
    return pa.array(millis * 1000).cast(pa.timestamp("us", "UTC"))


def money(amounts: np.ndarray) -> pa.Array:
    """Amounts with two decimals as the lake holds money."""
    return pa.array(np.round(amounts, 2)).cast(pa.decimal128(18, 4))


def names(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Texts `prefix` + number."""
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def tokens(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Texts that name numbers one to one and tell nothing else of them; empty where the number is negative."""
    mixed = numbers.astype("uint64") * np.uint64(0x9E3779B97F4A7C15)  # odd: a permutation of the 64-bit numbers
    return pa.array([f"{prefix}{number:016x}" for number in mixed.tolist()], pa.string(), mask=numbers < 0)


def finished(event_type: str, parts: Sequence[pa.Table]) -> Simulated:
    """Parts of a stream put together by time, with ids and labels.

    A part has columns of the event's table, `pattern`, and of what becomes known as fraud `known_after` (days after the
    event) and `source`. All else has no label and counts as good, fraud that nobody reports included, as it does in a
    shop. ValueError when nothing happened at all.
    """
    if not any(p.num_rows for p in parts):
        raise ValueError(f"no {event_type} happened: simulate more customers or more days")
    name, key = EVENT_IDS[event_type]
    at = declared(name).time
    every = pa.concat_tables(parts).sort_by(at)
    every = every.append_column(key, names(f"{event_type}-", np.arange(every.num_rows)))
    known = every.filter(pc.is_valid(every["known_after"]))
    wait = np.rint(known["known_after"].to_numpy() * DAY * _MICRO).astype("int64")
    labels = pa.table(
        {
            "event_type": pa.repeat(event_type, known.num_rows),
            "event_id": known[key],
            "labelled_at": pc.add(known[at], pa.array(wait).cast(pa.duration("us"))),
            "fraud": pa.repeat(True, known.num_rows),
            "source": known["source"],
        }
    )
    tables = {name: declared_columns(name, every), "labels": declared_columns("labels", labels).sort_by("labelled_at")}
    return Simulated(tables, every["pattern"].combine_chunks())


def declared_columns(name: str, rows: pa.Table) -> pa.Table:
    """The rows under the declared schema of a table; what they lack is empty."""
    schema = arrow_schema(name)
    columns = [
        rows[f.name].cast(f.type) if f.name in rows.column_names else pa.nulls(rows.num_rows, f.type) for f in schema
    ]
    return pa.table(columns, schema=schema)
