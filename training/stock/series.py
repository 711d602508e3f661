"""Forecasts and stock as frames, turned into arrays by series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from commerce.families.demand.answer import LEVELS
from training.contract import TrainingError
from training.stock.needs import Holdings

KEYS = ("product_id", "location_id")
QUANTILES = tuple(f"q{level:g}" for level in LEVELS)
"""Columns of a forecast: q0.025 … q0.99."""


@dataclass(frozen=True)
class Series:
    """A row of `keys` per series; `quantiles` (series, steps, levels), `mean` (series, steps): units per period."""

    keys: pd.DataFrame
    quantiles: np.ndarray
    mean: np.ndarray
    starts: tuple[date, ...]
    """First day of each period."""
    days: int
    """Days of a period."""


def series(forecasts: pd.DataFrame) -> Series:
    """Of a long frame `KEYS`, `step` from 1 on, `starts_on`, `mean`, `QUANTILES`; every series has every step.

    TrainingError for columns or steps that are missing, and for periods that differ.
    """
    if missing := {*KEYS, "step", "starts_on", "mean", *QUANTILES} - set(forecasts.columns):
        raise TrainingError(f"forecasts lack {', '.join(sorted(missing))}; take them from demand's answers")
    rows = forecasts.sort_values([*KEYS, "step"], ignore_index=True)
    periods = rows.reindex(columns=["step", "starts_on"]).drop_duplicates().sort_values(by="step")
    keys = rows.reindex(columns=list(KEYS)).drop_duplicates(ignore_index=True)
    steps = int(rows["step"].to_numpy().max())
    expected = np.tile(np.arange(1, steps + 1), len(keys))
    if len(periods) != steps or not np.array_equal(rows["step"].to_numpy(), expected):
        raise TrainingError(
            "forecasts are not of the same periods for every product and location; forecast them together"
        )
    if steps < 2:
        raise TrainingError("forecasts of one period do not tell how long it is; set demand's horizon to 2 or more")
    starts = tuple(pd.DatetimeIndex(pd.to_datetime(periods["starts_on"])).date.tolist())
    days = (starts[1] - starts[0]).days
    quantiles = rows[list(QUANTILES)].to_numpy(dtype=np.float64).reshape(len(keys), steps, len(LEVELS))
    mean = rows["mean"].to_numpy(dtype=np.float64).reshape(len(keys), steps)
    if np.isnan(quantiles).any() or np.isnan(mean).any():
        raise TrainingError("forecasts hold empty quantiles or means; take them from demand's answers")
    return Series(keys, np.maximum.accumulate(quantiles, axis=2), mean, starts, days)


def holdings(state: pd.DataFrame) -> tuple[pd.DataFrame, Holdings]:
    """Keys and units of `KEYS, on_hand` and, where known, `on_order` and `due_in_days`.

    What is not counted on order is nothing; less than nothing on hand, which a count may say, is nothing.
    """
    if missing := {*KEYS, "on_hand"} - set(state.columns):
        raise TrainingError(f"the state of stock lacks {', '.join(sorted(missing))}; load counts of stock")
    if state.duplicated(list(KEYS)).any():
        raise TrainingError(
            "the state of stock has several rows of a product and location; give the latest count of each"
        )
    full = state.reindex(columns=[*KEYS, "on_hand", "on_order", "due_in_days"])
    on_hand, on_order, due = full[["on_hand", "on_order", "due_in_days"]].to_numpy(dtype=np.float64).T
    keys = full.reindex(columns=list(KEYS)).astype(str).reset_index(drop=True)
    return keys, Holdings(np.maximum(np.nan_to_num(on_hand), 0.0), np.maximum(np.nan_to_num(on_order), 0.0), due)


def joined(forecasts: Series, keys: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the forecasts and of the state that are of the same series, in the forecasts' order."""
    of_state = pd.Series(np.arange(len(keys)), index=pd.MultiIndex.from_frame(keys))
    found = of_state.reindex(pd.MultiIndex.from_frame(forecasts.keys.astype(str))).to_numpy(dtype=np.float64)
    rows = np.flatnonzero(np.isfinite(found))
    return rows, found[rows].astype(np.int64)


def chunks(count: int, size: int) -> Sequence[slice]:
    """Slices of at most so many."""
    return [slice(low, min(low + size, count)) for low in range(0, count, size)]
