"""The lake: typed tables over Parquet files in day partitions, on a local path or on S3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from lake import writing
from lake.engines import Engine, open_engine
from lake.partitions import decode, partition_day, partition_key
from lake.schema import arrow_schema, declared
from lake.stores import Store, open_store
from lake.writing import WriteReport

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Lake:
    """The tables of `commerce.tables` under one root, `<root>/<table>/dt=YYYY-MM-DD/data.parquet`."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self.store = store
        self.engine = engine

    @classmethod
    def open(
        cls,
        root: str | Path,
        engine: str = "duckdb",
        *,
        cache: Path | None = None,
        session: SparkSession | None = None,
    ) -> Lake:
        """Open the lake at `root`: a local path (made by the first write) or `s3://bucket/prefix`.

        `engine` is `duckdb` or `spark`; `session` is the Spark session to use, else one is made. `cache` is where
        S3 objects are mirrored for reading (default: `$SHOPKEEPER_CACHE`, else `~/.cache/shopkeeper`).
        """
        return cls(open_store(root, cache), open_engine(engine, session))

    @property
    def backend(self) -> ibis.BaseBackend:
        """The Ibis backend that runs the queries of this lake's tables."""
        return self.engine.backend

    def table(self, name: str, *, since: date | None = None, until: date | None = None) -> ibis.Table:
        """The table with its declared schema, as of now; empty and typed when nothing is there.

        Timestamps are UTC without a zone attached, the same on both engines. `since` and `until` (inclusive days of
        the table's time column) leave out whole partitions, so that fewer files are fetched and opened.
        """
        return self.engine.table(name, self._files(name, since, until))

    def read(self, name: str, *, since: date | None = None, until: date | None = None) -> pa.Table:
        """The rows in memory as Arrow, with zoned timestamps: what `write` takes."""
        tags = self._tags(name, since, until)
        with ThreadPoolExecutor(self.store.threads) as pool:
            parts = list(pool.map(lambda key: decode(name, self.store.file(key, tags[key])), tags))
        return pa.concat_tables(parts) if parts else arrow_schema(name).empty_table()

    def files(self, name: str, *, since: date | None = None, until: date | None = None) -> list[str]:
        """Local Parquet files with the table's partitions as of now (mirrored, when the lake is on S3)."""
        tags = self._tags(name, since, until)
        with ThreadPoolExecutor(self.store.threads) as pool:
            return [str(path) for path in pool.map(lambda key: self.store.file(key, tags[key]), tags)]

    def days(self, name: str) -> list[date]:
        """Days that have a partition, in order."""
        return sorted(day for key in self._tags(name, None, None) if (day := partition_day(key)))

    def write(
        self, name: str, rows: pa.Table | pa.RecordBatchReader, *, look_back: timedelta | None = None
    ) -> WriteReport:
        """Upsert `rows` by the table's key, in the partition of each row's UTC day.

        - Rows are validated against the declared schema first; `InvalidRowsError` names row, column and value. A
          table is refused whole; a reader is taken in chunks, so chunks before the offending one are written.
        - Writing the same rows again changes nothing, not even a file's bytes or time.
        - A partition is replaced atomically: a kill leaves it old or new. Concurrent writers lose nothing.
        - A row whose key is in another day's partition is moved: written in its new day, then taken out of the old
          one. A kill between the two leaves it in both until the row is written again. On S3, two writers moving one
          row to two different days at the same moment may leave it in both; the next write of it clears that.
          `look_back` limits the search for the old place to so long around the rows written (default: everywhere).
        """
        declared(name)
        return writing.write(self.store, name, rows, look_back)

    def _tags(self, name: str, since: date | None, until: date | None) -> dict[str, str]:
        declared(name)
        found = {}
        for key, tag in self.store.list(f"{name}/").items():
            day = partition_day(key)
            if day and (since is None or since <= day) and (until is None or day <= until):
                found[partition_key(name, day)] = tag
        return found

    def _files(self, name: str, since: date | None, until: date | None) -> list[str]:
        if self.engine.reads_uris:
            return [self.store.uri(key) for key in self._tags(name, since, until)]
        return self.files(name, since=since, until=until)
