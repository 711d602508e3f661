"""Churn features: seconds, cost beside a plain scan, growth with the shop, and agreement of the engines.

Online Retail II, as-of date 2011-09-09, read from a lake on disk. Growth: all orders and lines 1, 10 and 50 times, each
copy with customers and orders of its own, every size in a process of its own so that its memory is its own.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import ibis
import numpy as np
from ibis import _

from benchmarks.harness import Result, data_file, hashes, peak_mb
from lake import Lake
from lake.loaders import online_retail
from training import frames
from training.churn.features import FIELDS
from training.registry import model_family

AS_OF = date(2011, 9, 9)
HORIZON_DAYS = 90
COPIES = (1, 10, 50)
REPEATS = 3
READ = {
    "orders": ("customer_id", "ordered_at", "status", "status_at", "total"),
    "order_lines": ("customer_id", "product_id", "order_id", "ordered_at", "kind", "quantity", "total"),
}
"""What the features read."""


def run(seed: int) -> Result:  # noqa: ARG001 (nothing here is random)
    """All four figures."""
    path = data_file("online_retail_II.parquet")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "lake"
        lake = Lake.open(root)
        online_retail.load(lake, path)
        seconds = min(_timed(lambda: _features(Lake.open(root))) for _n in range(REPEATS))
        tables = Path(folder) / "tables"
        tables.mkdir()
        for name in READ:
            lake.table(name).to_parquet(tables / f"{name}.parquet")
        grown = [_measured(tables, copies) for copies in COPIES]
        difference = _difference(root)
    lines = grown[0]["lines"]
    first, last = grown[0], grown[-1]
    exponent = math.log(last["seconds"] / first["seconds"]) / math.log(COPIES[-1] / COPIES[0])
    notes = [
        f"{copies}×: {g['lines']:,.0f} lines, {g['seconds']:.2f} s, scan {g['scan']:.2f} s, {g['peak_mb']:,.0f} MB"
        for copies, g in zip(COPIES, grown, strict=True)
    ]
    figures: dict[str, float | int | None] = {
        "online_retail.seconds": seconds,
        "online_retail.rows_per_second": lines / seconds,
        "scan.ratio": last["seconds"] / last["scan"],
        "growth.exponent": exponent,
        "growth.peak_mb": max(g["peak_mb"] for g in grown),
        "spark.max_difference": difference,
    }
    return Result(figures, data=hashes(path), notes=notes)


def _features(source: frames.Source) -> None:
    family = model_family("churn")
    family.features(source, AS_OF, family.parameters({"horizon_days": HORIZON_DAYS})).to_pyarrow()


def _timed(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _measured(tables: Path, copies: int) -> dict[str, float]:
    """`measure` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.features", str(tables), str(copies)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    return json.loads(done.stdout.splitlines()[-1])


def measure(tables: Path, copies: int) -> dict[str, float]:
    """Seconds of the features and of a plain scan over `copies` of the tables, order lines, and this process's peak."""
    with tempfile.TemporaryDirectory() as folder:
        source = _Copies(tables, copies, Path(folder))
        repeats = REPEATS if copies < COPIES[-1] else 1
        scan = min(_timed(source.scan) for _n in range(repeats))
        seconds = min(_timed(lambda: _features(source)) for _n in range(repeats))
        lines = source.table("order_lines").count().to_pyarrow().as_py()
        return {"seconds": seconds, "scan": scan, "lines": lines, "peak_mb": peak_mb()}


class _Copies:
    """The tables so many times over, as Parquet files that DuckDB scans; each copy has ids of its own."""

    def __init__(self, tables: Path, copies: int, folder: Path) -> None:
        self._backend = ibis.duckdb.connect()
        self._backend.raw_sql(f"SET memory_limit='2GB'; SET temp_directory='{folder}'")
        self._files: dict[str, list[Path]] = {}
        for name in READ:
            self._files[name] = []
            for copy in range(copies):
                table = self._backend.read_parquet(tables / f"{name}.parquet")
                marked = table.mutate(
                    customer_id=_.customer_id.concat(f"-{copy}"), order_id=_.order_id.concat(f"-{copy}")
                )
                target = folder / f"{name}-{copy}.parquet"
                marked.to_parquet(target)
                self._files[name].append(target)

    def table(self, name: str) -> ibis.Table:
        return self._backend.read_parquet(self._files[name])

    def scan(self) -> None:
        """Read every column that the features read and do the least with it: one count of values each."""
        for name, columns in READ.items():
            table = self.table(name)
            table.aggregate(**{c: table[c].max() for c in columns}).to_pyarrow()


def _difference(root: Path) -> float:
    """Largest difference between DuckDB's and Spark's features, over all customers and columns."""
    family = model_family("churn")
    parameters = family.parameters({"horizon_days": HORIZON_DAYS})
    one, two = (frames.known(family, Lake.open(root, engine), AS_OF, parameters) for engine in ("duckdb", "spark"))
    assert list(one["entity_id"]) == list(two["entity_id"]), "the engines found different customers"
    names = [f.name for f in FIELDS]
    a, b = one[names].to_numpy(dtype=float), two[names].to_numpy(dtype=float)
    assert np.array_equal(np.isnan(a), np.isnan(b)), "the engines differ in what is empty"
    return float(np.nanmax(np.abs(a - b)))


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
