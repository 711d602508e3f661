"""Rows that an engine computes once and keeps, for many questions in a row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import ibis
import pyarrow as pa

from lake.engines import on_spark

Hold = Callable[[ibis.Table], ibis.Table]
"""Has a table computed once that is read several times."""

_names = itertools.count()


def keep(found: ibis.Table) -> ibis.Table:
    """The rows as they are now, computed once and kept, as long as it lives, by the engine that `found` is on.

    A temporary table of DuckDB, which spills to disk; a cached frame of Spark, filled when it is first read.
    """
    return _keep(found, f"shopkeeper_kept_{next(_names)}")


def beside(rows: pa.Table, found: ibis.Table) -> ibis.Table:
    """Rows in memory as a table of the engine that `found` is on, so that both can be joined."""
    if not on_spark(found):
        return ibis.memtable(rows)
    backend, name = cast(Any, found.get_backend()), f"shopkeeper_beside_{next(_names)}"
    # Not Ibis' own way, which hands Spark Python's objects: these would need a Python on every worker.
    backend.raw_sql("SELECT 1").sparkSession.createDataFrame(rows).createOrReplaceTempView(name)
    return backend.table(name)


@contextmanager
def keeping() -> Iterator[Hold]:
    """`keep`, for tables that the engine lets go of at the end of the block."""
    kept: list[tuple[ibis.Table, str]] = []

    def hold(found: ibis.Table) -> ibis.Table:
        name = f"shopkeeper_held_{next(_names)}"
        kept.append((found, name))
        return _keep(found, name)

    try:
        yield hold
    finally:
        for found, name in reversed(kept):
            _drop(found, name)


def _keep(found: ibis.Table, name: str) -> ibis.Table:
    backend = cast(Any, found.get_backend())
    if not on_spark(found):
        # Not Ibis' own `cache`: what that drops when collected, Ibis 12 cannot spell with sqlglot 30.30.
        return backend.create_table(name, found, temp=True)
    _planned(backend.raw_sql(str(ibis.to_sql(found, dialect="pyspark")))).cache().createOrReplaceTempView(name)
    return backend.table(name).cast(found.schema())


def _planned(frame: Any) -> Any:
    """The frame as rows whose plan is made already, and no part of the plans of what is made from it.

    Planning looks through a cached frame into all that it was made from, again for each table that reads it: where
    tables held are made from one another, that takes longer than their rows. Rows go from Spark to Spark: by its
    Python interface alone they would need a Python on every worker.
    """
    from pyspark.sql import DataFrame

    session = frame.sparkSession
    return DataFrame(session._jsparkSession.createDataFrame(frame._jdf.toJavaRDD(), frame._jdf.schema()), session)


def _drop(found: ibis.Table, name: str) -> None:
    backend = cast(Any, found.get_backend())
    if not on_spark(found):
        backend.raw_sql(f"DROP TABLE IF EXISTS {name}")
        return
    backend.raw_sql(f"UNCACHE TABLE IF EXISTS {name}")
    backend.raw_sql(f"DROP VIEW IF EXISTS {name}")
