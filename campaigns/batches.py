"""A query's rows, few in memory at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import pyarrow as pa
import pyarrow.parquet as pq


def batches(found: ibis.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """Batches of at most `rows` rows, in the query's order, through a file that is gone afterwards.

    Not Ibis' own `to_pyarrow_batches`: what it asks DuckDB for, DuckDB 2 has no more.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        found.to_parquet(path)
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=rows)
