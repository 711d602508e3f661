"""DuckDB and Spark show the same tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from commerce.families import family
from commerce.tables import TABLES
from lake import HeldTables, Lake
from lake.audit import audit
from lake.engines import DuckDB
from lake.keeping import beside, keeping
from lake.schema import from_records
from tests.lake.rows import order


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Lake]:
    root: Path = tmp_path_factory.mktemp("lake")
    duckdb = Lake.open(root)
    rows = [order(str(i), 1 + i % 4, total=Decimal(i), customer_id=f"c{i % 3}") for i in range(40)]
    duckdb.write("orders", from_records("orders", rows))
    return duckdb, Lake.open(root, engine="spark")


@pytest.mark.parametrize("name", sorted(TABLES))
def test_both_engines_show_the_same_schema(lakes: tuple[Lake, Lake], name: str) -> None:
    # GIVEN one lake under two engines
    duckdb, spark = lakes
    # WHEN a table is opened
    # THEN its schema is the same
    assert duckdb.table(name).schema() == spark.table(name).schema()


def test_both_engines_give_the_same_answer(lakes: tuple[Lake, Lake]) -> None:
    # GIVEN one lake under two engines
    # WHEN the same expression runs on both
    answers = []
    for lake in lakes:
        orders = lake.table("orders")
        last = orders.group_by("customer_id").aggregate(
            n=orders.count(), total=orders.total.cast("float64").sum(), last=orders.ordered_at.epoch_seconds().max()
        )
        answers.append(sorted(last.to_pyarrow().to_pylist(), key=lambda r: r["customer_id"]))
    # THEN the answers agree
    assert answers[0] == answers[1]
    assert len(answers[0]) == 3


def test_rows_in_memory_are_joined_on_both_engines(lakes: tuple[Lake, Lake]) -> None:
    # GIVEN one lake under two engines, and rows in memory
    groups = pa.table({"customer_id": ["c0", "c2"], "group": pa.array([7, 8], pa.int64())})
    # WHEN they are put beside a table and joined with it
    answers = []
    for lake in lakes:
        orders = lake.table("orders")
        joined = orders.inner_join(beside(groups, orders), "customer_id")
        found = joined.group_by("customer_id", "group").aggregate(n=joined.count())
        answers.append(sorted(found.to_pyarrow().to_pylist(), key=lambda r: r["customer_id"]))
    # THEN the answers agree, and hold the rows' customers alone
    assert answers[0] == answers[1]
    assert [(r["customer_id"], r["group"]) for r in answers[0]] == [("c0", 7), ("c2", 8)]


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    # GIVEN a name that is no engine
    # WHEN a lake is opened with it
    # THEN the error says which there are
    with pytest.raises(ValueError, match="duckdb or spark"):
        Lake.open(tmp_path, engine="polars")


def test_a_root_of_another_kind_is_refused() -> None:
    # GIVEN an address that is neither path nor S3
    # WHEN a lake is opened there
    # THEN the error says what can be
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        Lake.open("gs://bucket/lake")


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_held_table_stays_as_it_was_when_first_asked_for(tmp_path: Path, engine: str) -> None:
    # GIVEN a held table of one order
    Lake.open(tmp_path).write("orders", from_records("orders", [order("1", 1)]))
    held = HeldTables(Lake.open(tmp_path, engine=engine))
    before = held.table("orders").count().to_pyarrow().as_py()
    # WHEN another order is written
    Lake.open(tmp_path).write("orders", from_records("orders", [order("2", 2)]))
    # THEN the held table still has the one, with the declared schema
    assert (before, held.table("orders").count().to_pyarrow().as_py()) == (1, 1)
    assert held.table("orders").schema() == Lake.open(tmp_path).table("orders").schema()


def held_by(engine: Any) -> set[str]:
    """Names of what the engine holds: DuckDB's tables; Spark's views and cached frames."""
    if isinstance(engine, DuckDB):
        return {name for (name,) in engine.backend.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()}
    cached = engine.backend._session.sparkContext._jsc.getPersistentRDDs()
    return {*engine.backend.list_tables(), *(f"frame {number}" for number in cached)}


@pytest.mark.parametrize("number", [0, 1], ids=["duckdb", "spark"])
def test_what_is_kept_for_a_while_is_dropped_after_it(lakes: tuple[Lake, Lake], number: int) -> None:
    # GIVEN an engine and its tables
    orders = lakes[number].table("orders")
    there = held_by(lakes[number].engine)
    # WHEN rows are kept for the length of a block, which fails
    with pytest.raises(RuntimeError, match="within"), keeping() as hold:
        kept = hold(orders.filter(orders.customer_id == "c1"))
        count, schema, more = kept.count().to_pyarrow().as_py(), kept.schema(), held_by(lakes[number].engine) - there
        raise RuntimeError("within")
    # THEN they were there, typed as declared, and are gone
    assert (count, schema) == (13, orders.schema()) and more
    assert held_by(lakes[number].engine) == there


def test_the_audit_says_the_same_on_both_engines(lakes: tuple[Lake, Lake]) -> None:
    # GIVEN one lake under two engines
    # WHEN it is audited on both
    verdicts = [audit(lake, family("churn"), date(2024, 2, 1)) for lake in lakes]
    # THEN facts and findings agree
    assert verdicts[0] == verdicts[1]
