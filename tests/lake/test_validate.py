"""What does not fit a declared table is named by column, row and value."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from lake import InvalidRowsError, Lake
from lake.validate import conform
from tests.lake.rows import day


def _orders(**columns: object) -> pa.Table:
    base: dict[str, object] = {"order_id": ["a", "b"], "ordered_at": [day(1), day(1)], "status": ["completed"] * 2}
    return pa.table(base | columns)


@pytest.mark.parametrize(
    ("columns", "row", "column", "reason"),
    [
        ({"colour": ["red", "blue"]}, 0, "colour", "is not a column of orders"),
        ({"order_id": ["a", None]}, 2, "order_id", "is empty and may not be"),
        ({"total": [1.0, float("nan")]}, 2, "total", "is not a finite number"),
        ({"total": [1, 10**15]}, 2, "total", "does not fit decimal(18,4)"),
        ({"total": ["1", "2"]}, 0, "total", "is string, the table wants decimal(18,4)"),
        ({"ordered_at": [datetime(2024, 1, 1)] * 2}, 0, "ordered_at", "without a time zone"),  # noqa: DTZ001 - the point
    ],
)
def test_a_misfit_is_named(columns: dict[str, object], row: int, column: str, reason: str) -> None:
    # GIVEN rows with one thing wrong
    rows = _orders(**columns)
    # WHEN they are brought to the table's types
    (problem,) = conform("orders", rows).problems
    # THEN row, column and reason are told
    assert (problem.row, problem.column) == (row, column)
    assert reason in problem.reason


def test_a_missing_required_column_is_named() -> None:
    # GIVEN rows without a status
    rows = _orders().drop_columns(["status"])
    # WHEN they are brought to the table's types
    found = conform("orders", rows)
    # THEN the column is named, and no row is good
    assert [p.column for p in found.problems] == ["status"]
    assert found.good.num_rows == 0


def test_broken_json_is_found() -> None:
    # GIVEN customers, one with broken traits
    rows = pa.table({"customer_id": ["a", "b"], "updated_at": [day(1), day(1)], "traits": ["{}", "{"]})
    # WHEN they are brought to the table's types
    found = conform("customers", rows)
    # THEN the row is told, and the other is good
    assert [(p.row, p.reason) for p in found.problems] == [(2, "is not JSON")]
    assert found.good.column("customer_id").to_pylist() == ["a"]


def test_lossless_conversions_are_made() -> None:
    # GIVEN numbers as ids, floats as money, dictionaries as text
    rows = _orders(
        order_id=[1, 2], total=[1.1, 2.25], status=pa.array(["completed"] * 2).dictionary_encode(), tax=[1, None]
    )
    # WHEN they are brought to the table's types
    found = conform("orders", rows)
    # THEN they fit exactly
    assert found.problems == []
    assert [str(v) for v in found.rows.column("total").to_pylist()] == ["1.1000", "2.2500"]
    assert found.rows.column("order_id").to_pylist() == ["1", "2"]


def test_the_error_keeps_personal_values_out_of_logs(lake: Lake) -> None:
    # GIVEN a customer id of a type that cannot be, in a column that identifies a person
    rows = pa.table({"customer_id": ["a"], "updated_at": [day(1)], "traits": ["{secret"]})
    # WHEN it is refused
    with pytest.raises(InvalidRowsError) as caught:
        lake.write("customers", rows)
    # THEN the message names the column, not the value
    assert "traits" in str(caught.value)
    assert "secret" not in str(caught.value)
