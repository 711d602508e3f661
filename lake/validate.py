"""Bringing rows to a declared table's types, and saying by row and column what does not fit.

Conversions that lose nothing are made (integers to text, any zone to UTC, floats to money rounded to four places);
everything else is a problem.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from commerce.schema import Column
from lake.compute import pc
from lake.problems import Problem
from lake.schema import arrow_schema, declared

MAX_LISTED = 100
"""Problems listed per column and reason; a column that is wrong throughout would otherwise fill the memory."""


@dataclass
class Conformed:
    """Rows under the declared schema (values that did not fit are null) and what was wrong with them.

    `bad` marks every row that had a problem, also those beyond the listed ones; `whole` says that a problem concerns
    all rows, such as a missing column.
    """

    rows: pa.Table
    bad: np.ndarray
    problems: list[Problem] = field(default_factory=list)
    whole: bool = False

    @property
    def good(self) -> pa.Table:
        """The rows without a problem."""
        if self.whole:
            return self.rows.slice(0, 0)
        return self.rows.filter(pa.array(~self.bad)) if self.bad.any() else self.rows


def conform(name: str, rows: pa.Table, first_row: int = 1, source: str = "") -> Conformed:
    """Bring `rows` to the declared schema of table `name`; problems count rows from `first_row`."""
    schema = arrow_schema(name)
    result = Conformed(rows, np.zeros(rows.num_rows, dtype=bool))

    def whole(column: str, reason: str) -> None:
        result.problems.append(Problem(name, 0, column, None, reason, source))
        result.whole = True

    for column in dict.fromkeys(rows.column_names):
        if column not in schema.names:
            whole(column, f"is not a column of {name}; it has {', '.join(schema.names)}")
        elif rows.column_names.count(column) > 1:
            whole(column, "is there more than once")
    arrays: list[pa.ChunkedArray] = []
    for column in declared(name).columns:
        target = schema.field(column.name).type
        if rows.column_names.count(column.name) != 1:
            if not column.nullable and column.name not in rows.column_names:
                whole(column.name, "is missing and may not be")
            arrays.append(pa.chunked_array([pa.nulls(rows.num_rows, target)]))
            continue
        given = _plain(rows.column(column.name))
        if reason := _type_reason(given.type, column):
            whole(column.name, reason)
            arrays.append(pa.chunked_array([pa.nulls(rows.num_rows, target)]))
            continue
        array, faults = _convert(given, column, target)
        if not column.nullable and given.null_count:
            faults.append((_indices(given.is_null()), "is empty and may not be"))
        for indices, reason in faults:
            result.bad[indices] = True
            result.problems += [
                Problem(name, first_row + int(i), column.name, given[int(i)].as_py(), reason, source)
                for i in indices[:MAX_LISTED]
            ]
        arrays.append(array)
    result.rows = pa.table(arrays, names=schema.names)
    return result


_Faults = list[tuple[np.ndarray, str]]
"""Indices of the rows concerned, and why."""


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(values.type.value_type) if isinstance(values.type, pa.DictionaryType) else values


def _type_reason(given: pa.DataType, column: Column) -> str:
    """Why a column of type `given` cannot become the declared type at all; empty when it can."""
    t = pa.types
    if t.is_null(given):
        return ""
    number = t.is_integer(given) or t.is_floating(given) or t.is_decimal(given)
    text = t.is_string(given) or t.is_large_string(given) or t.is_string_view(given)
    fits = {
        "string": text or t.is_integer(given),
        "json": text,
        "int64": number,
        "float64": number,
        "decimal(18,4)": number,
        "timestamp": t.is_timestamp(given) and given.tz is not None,
        "date": t.is_date(given),
        "bool": t.is_boolean(given),
    }[column.type]
    if fits:
        return ""
    if column.type == "timestamp" and t.is_timestamp(given):
        return "has times without a time zone; attach the zone they were taken in"
    return f"is {given}, the table wants {column.type}"


def _convert(values: pa.ChunkedArray, column: Column, target: pa.DataType) -> tuple[pa.ChunkedArray, _Faults]:
    faults: _Faults = []
    if pa.types.is_floating(values.type):
        not_finite = pc.invert(pc.is_finite(values))
        if pc.any(not_finite).as_py():
            faults.append((_indices(not_finite), "is not a finite number; leave it empty"))
            values = pc.if_else(not_finite, pa.scalar(None, values.type), values)
    if column.type == "json" and (broken := _not_json(values)):
        faults.append((np.array(broken), "is not JSON"))
    if values.type == target:
        return values, faults
    if (pieces := _cast_pieces(values, target)) is not None:
        return pieces, faults
    kept: list[pa.Array | pa.ChunkedArray] = []
    misfits: list[int] = []
    _cast_halves(values, target, 0, kept, misfits)
    faults.append((np.array(misfits), f"does not fit {column.type}"))
    chunks = [c for k in kept for c in (k.chunks if isinstance(k, pa.ChunkedArray) else [k])]
    return pa.chunked_array(chunks, type=target), faults


def _cast_pieces(values: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray | None:
    """The values cast, or None when some do not fit."""
    try:
        if pa.types.is_decimal(target) and pa.types.is_floating(values.type):
            # A float is not an exact amount; four places are what the lake keeps of it.
            values = pc.round(values, 4)
        if pa.types.is_decimal(target) and pa.types.is_integer(values.type):
            values = values.cast(pa.decimal128(38, 4))
        return values.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _cast_halves(
    values: pa.ChunkedArray,
    target: pa.DataType,
    offset: int,
    kept: list[pa.Array | pa.ChunkedArray],
    misfits: list[int],
) -> None:
    """Cast what can be cast and find what cannot by halving, which is quick while few values are wrong."""
    cast = _cast_pieces(values, target)
    if cast is not None:
        kept.append(cast)
    elif len(values) == 1:
        kept.append(pa.nulls(1, target))
        misfits.append(offset)
    else:
        middle = len(values) // 2
        _cast_halves(values.slice(0, middle), target, offset, kept, misfits)
        _cast_halves(values.slice(middle), target, offset + middle, kept, misfits)


def _not_json(values: pa.ChunkedArray) -> list[int]:
    broken = []
    for i, text in enumerate(values.to_pylist()):
        try:
            if text is not None:
                json.loads(text)
        except ValueError:
            broken.append(i)
    return broken


def _indices(mask: pa.ChunkedArray) -> np.ndarray:
    return pc.indices_nonzero(mask).to_numpy()
