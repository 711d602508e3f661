"""Shops of any size for demand: real series of two years, replicated with noise.

Every second product sells daily as a bakery's series of 730 days does, from a week at random on; the others seldom, as
spare parts do: a part's 24 months, its units spread over the days of the month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harness import data_file

DAYS = 730
FIRST_DAY = date(2024, 1, 1)
MONTH_DAYS, MONTHS = 30, 24
SIZE_SPREAD, DAY_NOISE = 0.5, 0.2
"""Standard deviations of the logarithms: of a product's size, and of each of its days."""
AT_ONCE = 2_000
"""Products made at once, which bounds memory."""
FILES = ("bakery.parquet", "carparts.parquet")


@dataclass(frozen=True)
class Originals:
    """Units (series, days) of the bakery from Mondays on, and (parts, months)."""

    daily: np.ndarray
    monthly: np.ndarray

    @staticmethod
    def read() -> Originals:
        """From the public data sets."""
        days = pd.read_parquet(data_file(FILES[0]))
        days["day"] = pd.to_datetime(days["date"].astype(str))
        wide = days.pivot(index=["store", "product"], columns="day", values="demand")
        monday = int(np.argmax(pd.DatetimeIndex(wide.columns).weekday == 0))
        months = pd.read_parquet(data_file(FILES[1]))
        return Originals(
            wide.to_numpy(dtype=np.float64)[:, monday:], months.loc[:, months.notna().all()].to_numpy(np.float64).T
        )


def write(originals: Originals, products: int, file: Path, seed: int) -> int:
    """Order lines of so many products, one per product and day with demand, as Parquet; their number."""
    rng = np.random.default_rng(seed)
    rows = 0
    with pq.ParquetWriter(file, _SCHEMA) as writer:
        for first in range(0, products, AT_ONCE):
            units = panel(originals, min(AT_ONCE, products - first), rng)
            table = _lines(units, first)
            writer.write_table(table)
            rows += len(table)
    return rows


def panel(originals: Originals, products: int, rng: np.random.Generator) -> np.ndarray:
    """(products, `DAYS`) units, whole numbers; even rows sell daily, odd ones seldom."""
    units = np.zeros((products, DAYS))
    size = np.exp(rng.normal(0, SIZE_SPREAD, products))
    for product in range(products):
        if product % 2:
            units[product] = _seldom(originals.monthly, size[product], rng)
        else:
            units[product] = _daily(originals.daily, size[product], rng)
    return units


def _daily(originals: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    series = originals[rng.integers(len(originals))]
    start = 7 * int(rng.integers((len(series) - DAYS) // 7))
    return np.round(series[start : start + DAYS] * size * np.exp(rng.normal(0, DAY_NOISE, DAYS)))


def _seldom(originals: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    part = originals[rng.integers(len(originals))]
    start = int(rng.integers(len(part) - MONTHS + 1))
    wanted = rng.poisson(part[start : start + MONTHS] * size)
    days = np.repeat(np.arange(MONTHS), wanted) * MONTH_DAYS + rng.integers(0, MONTH_DAYS, wanted.sum())
    return np.bincount(days, minlength=DAYS)[:DAYS].astype(float)


_SCHEMA = pa.schema(
    [
        ("product_id", pa.string()),
        ("ordered_at", pa.timestamp("us")),
        ("kind", pa.string()),
        ("quantity", pa.float64()),
        ("total", pa.float64()),
        ("store_id", pa.string()),
    ]
)


def _lines(units: np.ndarray, first: int) -> pa.Table:
    product, day = np.nonzero(units)
    names = np.array([f"p{first + number:06d}" for number in range(len(units))])
    noon = np.datetime64(FIRST_DAY.isoformat(), "us") + np.timedelta64(12, "h")
    columns = {
        "product_id": pa.array(names).take(pa.array(product)),
        "ordered_at": pa.array(noon + day * np.timedelta64(1, "D")),
        "kind": pa.repeat("sale", len(day)),
        "quantity": pa.array(units[product, day]),
        "total": pa.nulls(len(day), pa.float64()),
        "store_id": pa.nulls(len(day), pa.string()),
    }
    return pa.table(columns, schema=_SCHEMA)
