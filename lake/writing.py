"""Idempotent, keyed writes: validated rows go into their day's partition, each partition replaced atomically."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from lake.compute import pc
from lake.merge import upsert, without
from lake.moves import moved_rows
from lake.partitions import decode, encode, partition_day, partition_key, repeated_keys, split
from lake.problems import InvalidRowsError, Problem
from lake.schema import declared
from lake.stores import ConflictError, Store
from lake.validate import conform

_CHUNK_ROWS = 2_000_000
_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What a write did. Rows: `inserted`, `updated` (the key was there with other values), `unchanged`.

    `moved` counts rows that were taken out of another day's partition because their time column changed; they are
    among the inserted rows of their new day. `partitions` is how many were written.
    """

    table: str
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    moved: int = 0
    partitions: int = 0

    @property
    def rows(self) -> int:
        """How many distinct rows came in."""
        return self.inserted + self.updated + self.unchanged

    def __add__(self, other: WriteReport) -> WriteReport:
        return WriteReport(
            self.table,
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.moved + other.moved,
            self.partitions + other.partitions,
        )


def write(
    store: Store, name: str, rows: pa.Table | pa.RecordBatchReader, look_back: timedelta | None = None
) -> WriteReport:
    """Upsert `rows` into table `name`. Raises `InvalidRowsError` when some do not fit; see `Lake.write`."""
    report = WriteReport(name)
    first_row = 1
    for chunk in _chunks(rows):
        conformed = conform(name, chunk, first_row)
        if conformed.problems:
            raise InvalidRowsError(conformed.problems)
        with store.lock(name):
            report += _written(store, name, conformed.rows, look_back, first_row)
        first_row += chunk.num_rows
    return report


def _written(store: Store, name: str, rows: pa.Table, look_back: timedelta | None, first_row: int) -> WriteReport:
    """`_write_chunk`, again where an erasure on this machine deleted copies of the partitions that it was reading."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _write_chunk(store, name, rows, look_back, first_row)
        except FileNotFoundError:
            continue
    return _write_chunk(store, name, rows, look_back, first_row)


def _chunks(rows: pa.Table | pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The rows in tables of bounded size; at least one, so that an empty input is validated too."""
    if isinstance(rows, pa.Table):
        yield rows
        return
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in rows:
        held.append(batch)
        count += batch.num_rows
        if count >= _CHUNK_ROWS:
            yield pa.Table.from_batches(held, rows.schema)
            held, count = [], 0
    if held:
        yield pa.Table.from_batches(held, rows.schema)


def _write_chunk(store: Store, name: str, rows: pa.Table, look_back: timedelta | None, first_row: int) -> WriteReport:
    parts = {day: _without_repeats(name, part, rows, first_row) for day, part in split(name, rows)}
    if not parts:
        return WriteReport(name)
    tags = {day: tag for key, tag in store.list(f"{name}/").items() if (day := partition_day(key))}

    def put(day: date) -> WriteReport:
        merged = None

        def change(present: pa.Table | None) -> pa.Table | None:
            nonlocal merged
            merged = upsert(name, present, parts[day])
            return merged.rows if merged.changed else None

        written = _replace(store, name, day, tags.get(day), change)
        assert merged is not None  # noqa: S101 - `_replace` always asks
        return WriteReport(name, merged.inserted, merged.updated, merged.unchanged, partitions=int(written))

    moved = moved_rows(store, name, rows, tags, look_back, first_row)
    report = WriteReport(name)
    with ThreadPoolExecutor(store.threads) as pool:
        for part_report in pool.map(put, parts):
            report += part_report
    # The new place is written before the old one is cleared: a kill in between leaves a row twice, never lost, and
    # the next write of that row finds it and clears it.
    for day, gone in moved.items():
        written = _replace(store, name, day, tags[day], lambda present, gone=gone: _cleared(name, present, gone))
        report += WriteReport(name, moved=gone.num_rows, partitions=int(written))
    return report


def _cleared(name: str, present: pa.Table | None, gone: pa.Table) -> pa.Table | None:
    if present is None:
        return None
    left = without(name, present, gone)
    return left if left.num_rows < present.num_rows else None


def _replace(
    store: Store, name: str, day: date, tag: str | None, change: Callable[[pa.Table | None], pa.Table | None]
) -> bool:
    """Read, change and put back one partition until nobody else came in between; whether it was written."""
    key = partition_key(name, day)
    for attempt in range(_ATTEMPTS):
        if attempt:
            present, tag = _read(store, name, key)
        else:
            # What was listed as absent is put as new; if it is there after all, the store says so.
            present = decode(name, store.file(key, tag)) if tag else None
        wanted = change(present)
        if wanted is None:
            return False
        try:
            store.put(key, encode(wanted), tag)
        except ConflictError:
            time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))  # noqa: S311 - jitter, not a secret
            continue
        return True
    raise TimeoutError(f"{store.uri(key)} kept changing under {_ATTEMPTS} attempts to write it; try again later")


def _read(store: Store, name: str, key: str) -> tuple[pa.Table | None, str | None]:
    try:
        data, tag = store.read(key)
    except FileNotFoundError:
        return None, None
    return decode(name, data), tag


def _without_repeats(name: str, part: pa.Table, rows: pa.Table, first_row: int) -> pa.Table:
    """The part with each key once. Rows that repeat another exactly are dropped; a contradiction is a problem."""
    repeats = repeated_keys(name, part)
    if not repeats:
        return part
    for i in repeats:
        if not part.slice(i, 1).equals(part.slice(i - 1, 1)):
            raise InvalidRowsError([_contradiction(name, part, i, rows, first_row)])
    keep = pa.array([True] * part.num_rows).to_numpy(zero_copy_only=False)
    keep[repeats] = False
    return part.filter(pa.array(keep))


def _contradiction(name: str, part: pa.Table, i: int, rows: pa.Table, first_row: int) -> Problem:
    table = declared(name)
    mask = None
    for key in table.key:
        equal = pc.equal(rows.column(key), part.column(key)[i])
        mask = equal if mask is None else pc.and_(mask, equal)
    numbers = [first_row + n for n in pc.indices_nonzero(mask).to_pylist()]
    values = ", ".join(str(part.column(k)[i].as_py()) for k in table.key)
    reason = f"rows {numbers} have the same key ({', '.join(table.key)}) with different values; keep one of them"
    return Problem(name, numbers[-1], table.key[0], values, reason)
