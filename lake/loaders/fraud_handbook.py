"""Loader of the *Fraud Detection Handbook*'s simulated card payments (Le Borgne et al., Université Libre de Bruxelles,
CC BY-SA): 183 days of 1.75 million payments, of which 0.84 % are fraud.

Source: https://fraud-detection-handbook.github.io. A terminal becomes the payment's device. Times have no zone in the
source and are taken as UTC; amounts have no currency and are taken as dollars. Every payment's label becomes known
seven days after it: the Handbook's protocol assumes so (chapter 5, the delay between payments learned from and judged
by).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from lake.lake import Lake
from lake.loaders.loading import Loading
from lake.loaders.report import LoadReport, Progress
from lake.partitions import connect

LABEL_DELAY_DAYS = 7
_COLUMNS = ("TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD")
_PAYMENTS = """
SELECT CAST(TRANSACTION_ID AS VARCHAR) AS payment_id, CAST(CUSTOMER_ID AS VARCHAR) AS customer_id,
    timezone('UTC', TX_DATETIME) AS occurred_at, CAST(TX_AMOUNT AS DECIMAL(18, 4)) AS amount, 'USD' AS currency,
    'card' AS method, CAST(TERMINAL_ID AS VARCHAR) AS device_id
FROM chosen
"""
_LABELS = """
SELECT 'payment' AS event_type, CAST(TRANSACTION_ID AS VARCHAR) AS event_id,
    timezone('UTC', TX_DATETIME + to_days($delay)) AS labelled_at, TX_FRAUD = 1 AS fraud, 'handbook' AS source
FROM chosen
"""


def load(
    lake: Lake,
    path: str | Path,
    *,
    first: date | None = None,
    last: date | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load the Parquet file at `path` into payments and labels: those of the days from `first` to `last`, inclusive.

    With `dry_run` nothing is written. Raises `ValueError` where the file lacks a column.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; it should be the Handbook's payments as Parquet")
    loading = Loading(lake, f"fraud-handbook ({path.name})", dry_run=dry_run, progress=progress, steps=2)
    with connect() as source:
        file = source.from_parquet(str(path))
        if missing := set(_COLUMNS) - set(file.columns):
            raise ValueError(
                f"{path.name} has no column {', '.join(sorted(missing))}; it has {', '.join(file.columns)}"
            )
        file.create_view("file")
        source.execute(
            "CREATE TEMP TABLE chosen AS SELECT * FROM file WHERE CAST(TX_DATETIME AS DATE) "
            "BETWEEN coalesce($first, DATE '0001-01-01') AND coalesce($last, DATE '9999-12-31')",
            {"first": first, "last": last},
        )
        loading.step("payments")
        loading.put("payments", source.sql(_PAYMENTS).to_arrow_table())
        loading.step("labels")
        loading.put("labels", source.sql(_LABELS, params={"delay": LABEL_DELAY_DAYS}).to_arrow_table())
    return loading.finish()
