"""Bringing rows to a declared table's types, and saying by row and column what does not fit.

Conversions that lose nothing are made (integers to text, any zone to UTC, floats to money rounded to four places);
everything else is a problem.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa

from commerce.schema import Column
from lake.compute import pc
from lake.problems import Problem
from lake.schema import arrow_schema, declared

MAX_PER_COLUMN = 100
"""Problems listed per column; a column that is wrong throughout would otherwise fill the memory."""


def conform(name: str, rows: pa.Table, first_row: int = 1) -> tuple[pa.Table, list[Problem]]:
    """Bring `rows` to the declared schema of table `name`.

    Gives the converted table and the problems found; where there are problems, offending values are null in the
    table, and the caller decides. `first_row` is the number of the first row in problems.
    """
    schema = arrow_schema(name)
    table = declared(name)
    problems: list[Problem] = []
    unknown = [c for c in rows.column_names if c not in schema.names]
    problems += [
        Problem(name, 0, c, None, f"is not a column of {name}; it has {', '.join(schema.names)}") for c in unknown
    ]
    repeated = {c for c in rows.column_names if rows.column_names.count(c) > 1}
    problems += [Problem(name, 0, c, None, "is there more than once") for c in sorted(repeated)]
    arrays: list[pa.ChunkedArray] = []
    for column in table.columns:
        field = schema.field(column.name)
        if column.name not in rows.column_names or column.name in repeated:
            if not column.nullable and column.name not in repeated:
                problems.append(Problem(name, 0, column.name, None, "is missing and may not be"))
            arrays.append(pa.chunked_array([pa.nulls(rows.num_rows, field.type)]))
            continue
        array, found = _convert(rows.column(column.name), column, field.type)
        problems += [
            Problem(name, 0 if i is None else first_row + i, column.name, value, reason) for i, value, reason in found
        ]
        if not column.nullable:
            wrong = {i for i, _, _ in found}
            empty = [] if None in wrong else [i for i in _where(array.is_null()) if i not in wrong]
            problems += [Problem(name, first_row + i, column.name, None, "is empty and may not be") for i in empty]
        arrays.append(array)
    return pa.table(arrays, names=schema.names), problems


_Found = list[tuple[int | None, object, str]]
"""Index of the row (None: the whole column), value, reason."""


def _convert(values: pa.ChunkedArray, column: Column, target: pa.DataType) -> tuple[pa.ChunkedArray, _Found]:
    if isinstance(values.type, pa.DictionaryType):
        values = values.cast(values.type.value_type)
    reason = _type_reason(values.type, column)
    if reason:
        return pa.chunked_array([pa.nulls(len(values), target)]), [(None, None, reason)]
    found: _Found = []
    if pa.types.is_floating(values.type):
        not_finite = pc.fill_null(pc.invert(pc.is_finite(values)), False)
        found += [(i, values[i].as_py(), "is not a finite number; leave it empty") for i in _where(not_finite)]
        values = pc.if_else(not_finite, pa.scalar(None, values.type), values)
    if column.type == "json":
        found += _not_json(values)
    if values.type == target:
        return values, found
    try:
        return _cast(values, target), found
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _cast_each(values, column, target, found)


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


def _cast(values: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_decimal(target) and pa.types.is_floating(values.type):
        # A float is not an exact amount; four places are what the lake keeps of it.
        values = pc.round(values, 4)
    if pa.types.is_decimal(target) and pa.types.is_integer(values.type):
        values = values.cast(pa.decimal128(23, 4)) if values.type.bit_width == 64 else values
    return values.cast(target)


def _cast_each(
    values: pa.ChunkedArray, column: Column, target: pa.DataType, found: _Found
) -> tuple[pa.ChunkedArray, _Found]:
    """Cast value by value, because some do not fit, to find which."""
    kept: list[pa.Scalar] = []
    for i, value in enumerate(values):
        try:
            kept.append(_cast(pa.chunked_array([[value]], type=values.type), target)[0])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            kept.append(pa.scalar(None, target))
            if len(found) < MAX_PER_COLUMN:
                found.append((i, value.as_py(), f"does not fit {column.type}"))
    return pa.chunked_array([pa.array([k.as_py() for k in kept], type=target)]), found


def _not_json(values: pa.ChunkedArray) -> _Found:
    found: _Found = []
    for i, text in enumerate(values.to_pylist()):
        if text is None:
            continue
        try:
            json.loads(text)
        except ValueError as error:
            found.append((i, text[:100], f"is not JSON: {error}"))
            if len(found) == MAX_PER_COLUMN:
                break
    return found


def _where(mask: pa.ChunkedArray) -> Iterator[int]:
    return iter(pc.indices_nonzero(mask)[:MAX_PER_COLUMN].to_pylist())
