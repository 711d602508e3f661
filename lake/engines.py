"""The engines that answer queries: DuckDB in the process, or Spark; both show the same Ibis schema."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Protocol

import ibis

from commerce.schema import Table
from lake.schema import declared, ibis_schema

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Engine(Protocol):
    """Reads Parquet files as an Ibis table."""

    backend: ibis.BaseBackend
    reads_uris: bool
    """Whether the engine reads the store by itself, by address, rather than from local files."""

    def table(self, name: str, files: list[str]) -> ibis.Table:
        """Table `name` over `files`, with the declared schema, empty when there are none."""
        ...


def open_engine(engine: str, session: SparkSession | None = None) -> Engine:
    """The engine called `duckdb` or `spark`."""
    if engine == "duckdb":
        return DuckDB()
    if engine == "spark":
        return Spark(session)
    raise ValueError(f"no engine {engine!r}; choose duckdb or spark")


# Engines merge selects themselves; Ibis takes a quarter of its time for it, more than small shops' queries run.
ibis.options.sql.fuse_selects = False


def on_spark(found: ibis.Table) -> bool:
    """Whether Spark answers the table, which may be many machines."""
    return found.get_backend().name == "pyspark"


class DuckDB:
    """DuckDB, embedded. Times are UTC; nothing is downloaded."""

    reads_uris = False

    def __init__(self) -> None:
        self.backend = ibis.duckdb.connect()
        self.backend.raw_sql("SET TimeZone='UTC'; SET autoinstall_known_extensions=false")

    def table(self, name: str, files: list[str]) -> ibis.Table:
        if not files:
            return _empty(self.backend, name)
        return _declared_columns(self.backend.read_parquet(files, union_by_name=True, hive_partitioning=False), name)


class Spark:
    """Spark, local or a cluster's. The session's time zone must be UTC, as the one made here is."""

    def __init__(self, session: SparkSession | None = None) -> None:
        from pyspark.sql import SparkSession

        self._session = session or (
            SparkSession.builder.appName("shopkeeper")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.ui.enabled", "false")
            .getOrCreate()
        )
        zone = self._session.conf.get("spark.sql.session.timeZone")
        if zone != "UTC":
            raise ValueError(f"the Spark session counts in {zone}; set spark.sql.session.timeZone to UTC")
        self.backend = ibis.pyspark.connect(self._session)
        self.reads_uris = not str(self._session.sparkContext.master).startswith("local")
        if session is None and not self.reads_uris:
            # Spark's default of 200 suits a cluster, which would otherwise have work for 8 cores.
            self._session.conf.set("spark.sql.shuffle.partitions", "8")
        self._numbers = itertools.count()

    def table(self, name: str, files: list[str]) -> ibis.Table:
        from pyspark.sql import functions

        schema = _spark_schema(name)
        if files:
            frame = self._session.read.schema(schema).parquet(*files)
        else:
            # Made of expressions alone: an empty Python list would need a Python on every worker.
            nothing = [functions.lit(None).cast(f.dataType).alias(f.name) for f in schema.fields]
            frame = self._session.range(0).select(*nothing)
        view = f"shopkeeper_{name}_{next(self._numbers)}"
        frame.createOrReplaceTempView(view)
        return _declared_columns(self.backend.table(view), name)


def _spark_schema(name: str) -> Any:
    """The files' schema in Spark's terms: their timestamps are instants, which Spark calls TimestampType."""
    from ibis.backends.pyspark.datatypes import PySparkSchema
    from pyspark.sql import types

    schema = PySparkSchema.from_ibis(ibis_schema(name))
    for field in schema.fields:
        if isinstance(field.dataType, types.TimestampNTZType):
            field.dataType = types.TimestampType()
    return schema


_names = itertools.count()


def _empty(backend: Any, name: str) -> ibis.Table:
    return backend.create_table(f"empty_{name}_{next(_names)}", schema=ibis_schema(name), temp=True)


def _declared_columns(found: ibis.Table, name: str) -> ibis.Table:
    """The declared columns in the declared types; one that old files lack is null."""
    table: Table = declared(name)
    schema = ibis_schema(name)

    columns: dict[str, ibis.Value] = {}
    for column in table.column_names:
        wanted: Any = schema[column]  # Ibis overloads `cast` by literal type names, which a checker cannot match
        columns[column] = found[column].cast(wanted) if column in found.columns else ibis.null(wanted)
    return found.select(**columns)
