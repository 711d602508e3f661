"""New products found beside each other: by the engine (`cooccurrence`), by cosine in memory, and by the default, EASE.

Complete Journey as of the first day of week 49 (as in `_recommendations_basket`). For every household that bought
something new in the five weeks after, the share of it among the 150 new products found: what the family chooses its
way by (`retrieval_choice`). Each way in a process of its own, so that its memory is its own; seconds and memory are in
the notes. DuckDB, and local Spark's JVM, which is counted with its process, may use `MEMORY_GB` and spill the rest.
`SHOPKEEPER_WAYS` (comma-separated) names other ways of `WAYS` than the first three: Spark is slow on few cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import ibis
import pandas as pd

from benchmarks._recommendations_basket import TEST_DAY, Grocer, data_folder, grocer_tables
from benchmarks.harness import Result, hashes, peak_mb
from commerce.families.recommendations import RecommendationsParameters
from lake.engines import open_engine
from lake.keeping import keeping
from training.recommendations import basket_features, buy_again, candidates, cooccurrence, tables
from training.recommendations.candidates import Limits

WAYS = ("ease", "cosine", "duckdb", "spark")
"""In memory, and by the engine on one of two."""
LIMITS = Limits(popular=0)
MEMORY_GB = 6
KEYS = list(basket_features.KEYS)


def measure(seed: int) -> Result:  # noqa: ARG001 (nothing here is random)
    """Recall by way; seconds and memory in the notes. ValueError for a way that there is not."""
    asked = os.environ.get("SHOPKEEPER_WAYS", ",".join(WAYS[:-1])).split(",")
    if unknown := sorted(set(asked) - set(WAYS)):
        raise ValueError(f"SHOPKEEPER_WAYS: there is no {', '.join(unknown)}; there are {', '.join(WAYS)}")
    folder = data_folder()
    grocer, parameters = Grocer(grocer_tables(folder)), RecommendationsParameters()
    moment = tables.moment(TEST_DAY)
    lines = tables.interactions(grocer, TEST_DAY, parameters.history_days)
    bought = buy_again.purchases(basket_features.established(lines, moment, parameters.least_lines), moment).to_pandas()
    last = TEST_DAY + timedelta(days=parameters.horizon_days)
    later = tables.interactions(grocer, last, parameters.horizon_days)
    later = later.select(*KEYS).distinct().to_pandas().merge(bought[["product_id"]].drop_duplicates())
    later = later.merge(bought[["customer_id"]].drop_duplicates())
    new = later.merge(bought[KEYS].drop_duplicates(), on=KEYS, how="left", indicator=True)
    new = new.query("_merge == 'left_only'")[KEYS]
    result = Result({}, data=hashes(folder / "transactions.parquet", folder / "products.parquet"))
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "purchases.parquet"
        bought.to_parquet(path, index=False)
        for way in asked:
            spent = _measured(way, path)
            found = pd.read_parquet(path.with_name(f"{way}.parquet"))
            hits = new.merge(found[KEYS].assign(hit=1.0), on=KEYS, how="left").fillna({"hit": 0.0})
            shares = hits.groupby("customer_id").agg(share=("hit", "mean"))["share"].to_numpy()
            result.figures[f"completejourney.found_new_{way}"] = float(shares.mean())
            result.notes.append(f"completejourney.{way}: {spent['seconds']:.0f} s, {spent['peak_mb']:,.0f} MiB")
    return result


def _measured(way: str, purchases: Path) -> dict[str, float]:
    """`find` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks._recommendations_cooccurrence", way, str(purchases)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def find(way: str, purchases: Path) -> dict[str, float]:
    """Write each household's new candidates beside the purchases; seconds, and this process's peak memory in MiB."""
    started = time.perf_counter()
    if way in ("duckdb", "spark"):
        found, more = _by_engine(way, purchases)
    else:
        limits = Limits(popular=0, method="ease" if way == "ease" else "cosine")
        found, more = candidates.candidates(pd.read_parquet(purchases), limits), 0.0
    seconds = time.perf_counter() - started
    found[found["new"] == 1].to_parquet(purchases.with_name(f"{way}.parquet"), index=False)
    return {"seconds": seconds, "peak_mb": peak_mb() + more}


def _by_engine(way: str, purchases: Path) -> tuple[pd.DataFrame, float]:
    """The candidates, and the peak in MiB of what runs beside this process."""
    backend = cast(Any, open_engine(way, _spark() if way == "spark" else None).backend)
    if way == "duckdb":
        backend.raw_sql(f"SET memory_limit='{MEMORY_GB}GB'; SET temp_directory='{purchases.parent / 'spill'}'")
    bought: ibis.Table = backend.read_parquet(purchases)
    with keeping() as hold:
        found = cooccurrence.candidates(bought, LIMITS, hold).to_pandas()
    return found, _jvm_peak_mb() if way == "spark" else 0.0


def _spark() -> Any:
    """A session as on a cluster: with the heap that it needs, and Spark's own number of partitions."""
    from pyspark.sql import SparkSession

    settings: dict[str, Any] = {"spark.sql.session.timeZone": "UTC", "spark.driver.memory": f"{MEMORY_GB}g"}
    return SparkSession.builder.config(map=settings | {"spark.ui.enabled": False}).getOrCreate()


def _jvm_peak_mb() -> float:
    from pyspark import SparkContext

    status = Path(f"/proc/{cast(Any, SparkContext)._gateway.proc.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    print(json.dumps(find(sys.argv[1], Path(sys.argv[2]))))
