"""Writes: nothing lost, nothing twice, nothing half."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.schema import Column
from commerce.tables import TABLES
from lake import InvalidRowsError, Lake
from lake.partitions import decode
from lake.schema import arrow_schema, from_records
from tests.lake.rows import day, files, order

# Few days and keys, so that examples meet in a partition.
_TIMES = st.datetimes(datetime(2024, 1, 1), datetime(2024, 1, 4), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds of the strategy are zoneless by its contract
_VALUES = {
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    "json": st.sampled_from(['{"a":1}', "[]", '"é"', "null"]),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_nan=False, allow_infinity=False),
    "decimal(18,4)": st.decimals(-(10**13), 10**13, places=4, allow_nan=False, allow_infinity=False),
    "timestamp": _TIMES,
    "date": st.dates(date(2024, 1, 1), date(2024, 1, 4)),
    "bool": st.booleans(),
}


def _values(column: Column) -> st.SearchStrategy:
    values = _VALUES[column.type]
    return st.none() | values if column.nullable else values


@st.composite
def _rows(draw: st.DrawFn) -> tuple[str, list[dict]]:
    table = TABLES[draw(st.sampled_from(sorted(TABLES)))]
    rows = draw(
        st.lists(
            st.fixed_dictionaries({c.name: _values(c) for c in table.columns}),
            max_size=12,
            unique_by=lambda r: tuple(r[k] for k in table.key),
        )
    )
    return table.name, rows


def _sorted(name: str, rows: list[dict]) -> list[dict]:
    return sorted(rows, key=lambda r: tuple(r[k] for k in TABLES[name].key))


@given(_rows())
@settings(max_examples=40)
def test_any_valid_rows_come_back_equal(given_rows: tuple[str, list[dict]]) -> None:
    # GIVEN rows that fit a declared table
    name, rows = given_rows
    with tempfile.TemporaryDirectory() as root:
        lake = Lake.open(root)
        # WHEN they are written and read
        lake.write(name, from_records(name, rows))
        read = lake.read(name)
    # THEN they are the same, under the declared schema
    assert read.schema == arrow_schema(name)
    assert _sorted(name, read.to_pylist()) == _sorted(name, rows)


def test_writing_twice_leaves_every_byte_and_time(lake: Lake, tmp_path: Path) -> None:
    # GIVEN rows on several days
    rows = from_records("orders", [order(str(i), 1 + i % 5, total=Decimal("9.5000")) for i in range(50)])
    first = lake.write("orders", rows)
    before = files(tmp_path)
    # WHEN they are written again, in another order
    second = lake.write("orders", rows.take(list(reversed(range(50)))))
    # THEN nothing changed
    assert (first.inserted, second.inserted, second.updated, second.unchanged) == (50, 0, 0, 50)
    assert second.partitions == 0
    assert files(tmp_path) == before


def test_a_key_that_is_there_is_replaced_and_its_neighbours_stay(lake: Lake) -> None:
    # GIVEN two orders
    lake.write("orders", from_records("orders", [order("a"), order("b")]))
    # WHEN one of them comes with another value, beside a new one
    report = lake.write("orders", from_records("orders", [order("a", coupon="X"), order("c")]))
    # THEN it is updated, the new one is there, the other as before
    assert (report.inserted, report.updated, report.unchanged) == (1, 1, 0)
    assert {r["order_id"]: r["coupon"] for r in lake.read("orders").to_pylist()} == {"a": "X", "b": None, "c": None}


def test_a_row_whose_day_changed_is_moved(lake: Lake) -> None:
    # GIVEN an order on the first
    lake.write("orders", from_records("orders", [order("a", 1), order("b", 1)]))
    # WHEN it is written with the third as its day
    report = lake.write("orders", from_records("orders", [order("a", 3)]))
    # THEN it is there once, on the third
    assert report.moved == 1
    assert {r["order_id"]: r["ordered_at"].day for r in lake.read("orders").to_pylist()} == {"a": 3, "b": 1}


def test_a_row_left_in_two_days_by_a_kill_is_cleared_by_the_next_write(lake: Lake, tmp_path: Path) -> None:
    # GIVEN a row that stands in two partitions, as a kill between the two steps of a move leaves it
    rows = from_records("orders", [order("a", 3)])
    lake.write("orders", from_records("orders", [order("a", 1)]))
    old = tmp_path / "lake/orders/dt=2024-01-01/data.parquet"
    held = old.read_bytes()
    lake.write("orders", rows)
    old.write_bytes(held)
    # WHEN the write is repeated
    lake.write("orders", rows)
    # THEN it is there once
    assert [r["ordered_at"].day for r in lake.read("orders").to_pylist()] == [3]


def test_a_reader_is_written_in_chunks(lake: Lake) -> None:
    # GIVEN batches from a reader
    batches = [from_records("orders", [order(f"{i}-{j}") for j in range(10)]).to_batches()[0] for i in range(5)]
    reader = pa.RecordBatchReader.from_batches(arrow_schema("orders"), batches)
    # WHEN it is written
    report = lake.write("orders", reader)
    # THEN every row is there
    assert report.inserted == lake.read("orders").num_rows == 50


def test_contradicting_rows_in_one_write_are_refused(lake: Lake) -> None:
    # GIVEN two rows with one key and different values
    rows = from_records("orders", [order("a"), order("b"), order("a", coupon="X")])
    # WHEN they are written
    with pytest.raises(InvalidRowsError) as caught:
        lake.write("orders", rows)
    # THEN the error names both rows, and nothing was written
    assert "[1, 3]" in str(caught.value)
    assert lake.days("orders") == []


def _write_until_killed(root: str, ready: str) -> None:
    lake = Lake.open(root)
    for version in range(100_000):
        rows = [order(str(i), 1 + i % 8, coupon=f"version {version}") for i in range(4000)]
        lake.write("orders", from_records("orders", rows))
        Path(ready).write_text(str(version))


@pytest.mark.parametrize("patience", [0.0, 0.07])
def test_a_killed_writer_leaves_every_partition_old_or_new(tmp_path: Path, patience: float) -> None:
    # GIVEN a process that keeps rewriting eight partitions
    ready = tmp_path / "ready"
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_write_until_killed, args=(str(tmp_path / "lake"), str(ready)))
    process.start()
    while not ready.exists() or not ready.read_text():
        assert process.is_alive()
        process.join(0.05)
    process.join(patience)
    # WHEN it is killed in the middle
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    # THEN each partition holds all of its rows, of one version, and the lake can be written again
    partitions = sorted((tmp_path / "lake/orders").rglob("data.parquet"))
    versions = [set(decode("orders", p).column("coupon").to_pylist()) for p in partitions]
    assert [decode("orders", p).num_rows for p in partitions] == [500] * 8
    assert all(len(v) == 1 for v in versions)
    lake = Lake.open(tmp_path / "lake")
    lake.write("orders", from_records("orders", [order("0", 1, coupon="after")]))
    assert not list((tmp_path / "lake/orders").rglob(".writing-*"))


def _write_own(root: str, writer: int) -> None:
    lake = Lake.open(root)
    for i in range(6):
        lake.write("orders", from_records("orders", [order(f"{writer}-{i}", 1 + i % 2)]))


def test_concurrent_writers_of_one_partition_lose_nothing(tmp_path: Path) -> None:
    # GIVEN three processes
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write_own, args=(str(tmp_path), n)) for n in range(3)]
    # WHEN they write to the same two days at once
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    # THEN every row of each is there
    found = {r["order_id"] for r in Lake.open(tmp_path).read("orders").to_pylist()}
    assert found == {f"{n}-{i}" for n in range(3) for i in range(6)}


def test_an_empty_table_is_typed(lake: Lake) -> None:
    # GIVEN an empty lake
    # WHEN a table is asked for
    table = lake.table("prices")
    # THEN it has the declared columns and no rows
    assert table.columns == TABLES["prices"].column_names
    assert table.count().to_pyarrow().as_py() == 0


def test_days_can_be_left_out(lake: Lake) -> None:
    # GIVEN orders on five days
    lake.write("orders", from_records("orders", [order(str(n), n) for n in range(1, 6)]))
    # WHEN two days are asked for
    found = lake.table("orders", since=date(2024, 1, 2), until=date(2024, 1, 3)).order_id.to_pyarrow().to_pylist()
    # THEN only theirs come
    assert sorted(found) == ["2", "3"]


def test_a_partition_written_before_a_column_was_declared_reads_it_as_null(lake: Lake, tmp_path: Path) -> None:
    # GIVEN a partition whose file lacks the column `coupon`
    import pyarrow.parquet as pq

    lake.write("orders", from_records("orders", [order("old", 1), order("new", 2, coupon="X")]))
    path = tmp_path / "lake/orders/dt=2024-01-01/data.parquet"
    pq.write_table(pq.ParquetFile(path).read().drop_columns(["coupon"]), path)
    # WHEN the table is queried
    rows = lake.table("orders").select("order_id", "coupon").to_pyarrow().to_pylist()
    # THEN the old row has null there
    assert {r["order_id"]: r["coupon"] for r in rows} == {"old": None, "new": "X"}


def test_an_unknown_table_is_named(lake: Lake) -> None:
    # GIVEN a lake
    # WHEN a table that is not declared is asked for
    with pytest.raises(KeyError) as caught:
        lake.table("baskets")
    # THEN the error lists those there are
    assert "order_lines" in str(caught.value)


def test_times_of_any_zone_are_kept_as_utc(lake: Lake) -> None:
    # GIVEN a time in another zone, late in its day
    at = pa.array([datetime(2024, 1, 1, 23, tzinfo=UTC)], pa.timestamp("ms", "America/New_York"))
    # WHEN it is written
    lake.write("orders", pa.table({"order_id": ["a"], "ordered_at": at, "status": ["completed"]}))
    # THEN the partition is that of the UTC day, and the instant is the same
    assert lake.days("orders") == [date(2024, 1, 1)]
    assert lake.read("orders").to_pylist()[0]["ordered_at"] == day(1, 23)
