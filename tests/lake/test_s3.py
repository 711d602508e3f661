"""The lake on S3: the same as on a path, by conditional requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from lake import Lake
from lake.s3 import S3Store
from lake.schema import from_records
from lake.stores import ConflictError
from tests.lake.rows import order


@pytest.fixture
def lake(bucket: str, tmp_path: Path) -> Lake:
    return Lake.open(f"s3://{bucket}/lake", cache=tmp_path)


def test_rows_come_back_through_ibis(lake: Lake) -> None:
    # GIVEN orders on S3
    lake.write("orders", from_records("orders", [order(str(i), 1 + i % 3) for i in range(9)]))
    # WHEN the table is queried
    count = lake.table("orders").count().to_pyarrow().as_py()
    # THEN all are there
    assert count == 9


def test_writing_twice_puts_nothing(lake: Lake, bucket: str) -> None:
    # GIVEN orders on S3
    rows = from_records("orders", [order(str(i), 1 + i % 3) for i in range(9)])
    lake.write("orders", rows)
    listed = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    # WHEN they are written again
    report = lake.write("orders", rows)
    # THEN every object is as it was
    assert report.unchanged == 9
    assert boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"] == listed


def test_a_new_table_costs_one_request_a_partition_and_one_list(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a lake that counts its requests
    calls: list[str] = []
    store = lake.store
    assert isinstance(store, S3Store)
    store._s3.meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
    # WHEN rows of five days are written
    lake.write("orders", from_records("orders", [order(str(n), n) for n in range(1, 6)]))
    # THEN there are five PUTs and one LIST
    assert sorted(calls) == ["ListObjectsV2"] + ["PutObject"] * 5


def test_concurrent_writers_lose_nothing(bucket: str, tmp_path: Path) -> None:
    # GIVEN four lakes on the same bucket
    lakes = [Lake.open(f"s3://{bucket}/lake", cache=tmp_path / str(n)) for n in range(4)]

    # WHEN they write to one partition at once
    def work(n: int) -> None:
        for i in range(5):
            lakes[n].write("orders", from_records("orders", [order(f"{n}-{i}")]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    # THEN every row is there
    found = {r["order_id"] for r in lakes[0].read("orders").to_pylist()}
    assert found == {f"{n}-{i}" for n in range(4) for i in range(5)}


def test_an_object_changed_meanwhile_is_a_conflict(lake: Lake) -> None:
    # GIVEN an object that somebody replaced after it was looked at
    tag = lake.store.put("x", b"1", None)
    lake.store.put("x", b"2", tag)
    # WHEN it is replaced by the old tag
    # THEN that is refused
    with pytest.raises(ConflictError):
        lake.store.put("x", b"3", tag)
    with pytest.raises(ConflictError):
        lake.store.put("x", b"3", None)


def test_what_is_mirrored_is_not_fetched_again(lake: Lake) -> None:
    # GIVEN a table that was read once
    lake.write("orders", from_records("orders", [order("a")]))
    lake.table("orders")
    store = lake.store
    assert isinstance(store, S3Store)
    calls: list[str] = []
    store._s3.meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
    # WHEN it is read again
    lake.table("orders")
    # THEN it is only listed
    assert calls == ["ListObjectsV2"]


def test_a_copy_that_is_deleted_while_it_is_read_fails_no_write(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN orders of two days, and an erasure that once deletes this machine's copy of one as it is about to be read
    lake.write("orders", from_records("orders", [order("1", 1), order("2", 2)]))
    found, erased = S3Store.file, []

    def file(self: S3Store, key: str, tag: str) -> Path:
        path = found(self, key, tag)
        if not erased:
            erased.append(key)
            self.forget(key)
        return path

    monkeypatch.setattr(S3Store, "file", file)
    # WHEN an order moves to the other day
    report = lake.write("orders", from_records("orders", [order("1", 2)]))
    # THEN it is there once, on that day
    assert erased and report.moved == 1
    assert sorted((r["order_id"], r["ordered_at"].day) for r in lake.read("orders").to_pylist()) == [("1", 2), ("2", 2)]
