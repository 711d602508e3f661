"""Parquet files: rows of the customer by typed columns, and mentions in the texts of other rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lake.compute import pc
from lake.partitions import decode, encode
from lake.privacy.change import Change
from lake.privacy.places import BOOKS, STAYING
from lake.privacy.subject import ANONYMOUS, CUSTOMER, PERSON, Subject, plain

_BATCH_ROWS = 65_536


def clean(source: Path, target: Path, subject: Subject, table: str | None) -> Change | None:
    """Write the file without the customer to `target`; None, and no file, where they are not in it.

    A partition of the lake (`table`) gets the bytes that the lake would have written without the customer. Rows that
    bookkeeping needs stay, without what names the customer.
    """
    file = pq.ParquetFile(source)
    if table in STAYING:
        subject = replace(subject, events={t: ids for t, ids in subject.events.items() if t != STAYING[table]})
    if not any(_affected(batch, subject) for batch in file.iter_batches(_BATCH_ROWS)):
        return None
    if table is not None:
        rows, change = _without(decode(table, source), subject, BOOKS.get(table, ()))
        target.write_bytes(encode(rows))
        return change
    total = Change()
    with pq.ParquetWriter(target, file.schema_arrow, compression=_compression(file)) as writer:
        for group in range(file.num_row_groups):
            rows, change = _without(file.read_row_group(group), subject, ())
            writer.write_table(rows)
            total += change
    return total


def held(source: Path, subject: Subject) -> Iterator[dict[str, Any]]:
    """The customer's rows."""
    for batch in pq.ParquetFile(source).iter_batches(_BATCH_ROWS):
        rows = pa.Table.from_batches([batch])
        yield from rows.filter(pa.array(_about(rows, subject))).to_pylist()


def _affected(batch: pa.RecordBatch, subject: Subject) -> bool:
    rows = pa.Table.from_batches([batch])
    return bool(_about(rows, subject).any()) or bool(_mentions(rows, subject))


def _without(rows: pa.Table, subject: Subject, emptied: tuple[str, ...]) -> tuple[pa.Table, Change]:
    """The rows less the customer's; where columns are to be `emptied` these rows stay without them."""
    about = _about(rows, subject)
    removed = int(about.sum())
    for name in emptied if removed else ():
        i = rows.schema.get_field_index(name)
        nothing = pa.scalar(None, rows.schema.field(i).type)
        rows = rows.set_column(i, rows.schema.field(i), pc.if_else(pa.array(about), nothing, rows.column(i)))
    if removed and not emptied:
        rows = rows.filter(pa.array(~about))
    mentions = _mentions(rows, subject)
    for name in {name for found in mentions.values() for name in found}:
        i = rows.schema.get_field_index(name)
        field, values = rows.schema.field(i), rows.column(i).to_pylist()
        for row, found in mentions.items():
            if name in found:
                values[row] = found[name] if found[name] is not None or field.nullable else ""
        rows = rows.set_column(i, field, pa.array(values, field.type))
    return rows, Change(removed=removed, redacted=len(mentions))


def _about(rows: pa.Table, subject: Subject) -> np.ndarray:
    """Which rows are the customer's; `Subject.about` by columns."""
    whose = np.zeros(rows.num_rows, dtype=bool)
    nobodys = np.ones(rows.num_rows, dtype=bool)
    visitors = np.zeros(rows.num_rows, dtype=bool)
    for name, column in _texts(rows):
        if plain(name) in CUSTOMER:
            whose |= _mask(pc.equal(column, subject.customer_id))
            nobodys &= ~_mask(pc.not_equal(column, ""))
        elif plain(name) == ANONYMOUS and subject.anonymous_ids:
            visitors |= _mask(pc.is_in(column, value_set=pa.array(sorted(subject.anonymous_ids), column.type)))
    return whose | (visitors & nobodys) | _about_events(rows, subject)


def _about_events(rows: pa.Table, subject: Subject) -> np.ndarray:
    """Which rows are about one of the customer's payments, logins or sessions."""
    found = np.zeros(rows.num_rows, dtype=bool)
    if {"event_type", "event_id"} <= set(rows.column_names):
        for event_type, ids in subject.events.items():
            of_type = _mask(pc.equal(rows.column("event_type"), event_type))
            found |= of_type & _mask(pc.is_in(rows.column("event_id"), value_set=pa.array(sorted(ids), pa.string())))
    return found


def _mentions(rows: pa.Table, subject: Subject) -> dict[int, dict[str, Any]]:
    """By row, the columns that name the customer and what they hold without it; the customer's own rows left out."""
    candidates = np.zeros(rows.num_rows, dtype=bool)
    for name, column in _texts(rows):
        candidates |= _candidates(name, column, subject)
    nested = [f.name for f in rows.schema if pa.types.is_nested(f.type)]
    if nested:
        candidates[:] = True
    candidates &= ~_about(rows, subject)
    found: dict[int, dict[str, Any]] = {}
    names = [*(name for name, _ in _texts(rows)), *nested]
    places = np.flatnonzero(candidates)
    for row, values in zip(places.tolist(), rows.select(names).take(pa.array(places)).to_pylist(), strict=True):
        changed = {n: c for n, v in values.items() if (c := subject.without(v, n)) is not v}
        if changed:
            found[row] = changed
    return found


def _candidates(name: str, column: Any, subject: Subject) -> np.ndarray:
    """Rows to look at one by one: quick, and never without one that names the customer."""
    if plain(name) in PERSON:
        found = _mask(pc.equal(column, subject.customer_id))
    elif subject.telling:
        found = _mask(pc.match_substring(column, subject.customer_id))
    else:
        document = pc.or_(pc.starts_with(column, "{"), pc.starts_with(column, "["))
        found = _mask(pc.and_(document, pc.match_substring(column, subject.customer_id)))
        if found.any():
            found &= _mask(pc.match_substring_regex(column, subject.keyed))
    for email in subject.emails:
        for form in (email, email.replace("@", "%40")):
            found |= _mask(pc.match_substring(column, form, ignore_case=True))
    # Characters written by their numbers hide from the search above.
    return found | _mask(pc.match_substring(column, "\\u00")) | _mask(pc.match_substring(column, "%40"))


def _texts(rows: pa.Table) -> Iterator[tuple[str, Any]]:
    """Columns of text, and whole numbers that name a person, as text."""
    for field in rows.schema:
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if (
            pa.types.is_string(kind)
            or pa.types.is_large_string(kind)
            or (pa.types.is_integer(kind) and plain(field.name) in PERSON)
        ):
            yield field.name, rows.column(field.name).cast(pa.string())


def _mask(found: Any) -> np.ndarray:
    return pc.fill_null(found, False).to_numpy()


def _compression(file: pq.ParquetFile) -> str:
    if file.num_row_groups and file.metadata.num_columns:
        return file.metadata.row_group(0).column(0).compression
    return "SNAPPY"
