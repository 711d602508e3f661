"""Seconds that decisions take by the number of series, of eight weeks of made-up forecasts."""

from __future__ import annotations

import time
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from benchmarks.harness import Result, peak_mb
from commerce.families.demand.answer import LEVELS
from training.stock.decisions import decide
from training.stock.leadtimes import LeadTimes
from training.stock.series import KEYS, QUANTILES
from training.stock.terms import Policy

SIZES = {"series_1k": 1_000, "series_10k": 10_000, "series_30k": 30_000}
WEEKS = 8
LOCATIONS = 2
SPREAD = 2.0
"""Size of the negative binomial distribution of demand."""


def measure(seed: int) -> Result:
    """Seconds and memory at each size, and the exponent of their growth."""
    figures: dict[str, float | int | None] = {}
    seconds = []
    for name, count in SIZES.items():
        forecasts, state, terms = _made_up(count, seed)
        started = time.perf_counter()
        decided = decide(forecasts, state, terms, LeadTimes.stated(), Policy(), seed=seed)
        seconds.append(time.perf_counter() - started)
        assert len(decided) == count
        figures |= {f"{name}.seconds": seconds[-1], f"{name}.peak_mb": peak_mb()}
    slope = np.polyfit(np.log(list(SIZES.values())), np.log(seconds), 1)[0]
    return Result(figures | {"growth.exponent": float(slope)})


def _made_up(count: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Forecasts, stock and terms of so many series."""
    rng = np.random.default_rng(seed)
    mean = rng.lognormal(1.5, 1.2, count)
    quantiles = np.stack([nbinom.ppf(level, SPREAD, SPREAD / (SPREAD + mean)) for level in LEVELS], axis=1)
    products = [f"p{k // LOCATIONS}" for k in range(count)]
    keys = pd.DataFrame(dict(zip(KEYS, (products, [f"l{k % LOCATIONS}" for k in range(count)]), strict=True)))
    forecasts = keys.loc[keys.index.repeat(WEEKS)].reset_index(drop=True)
    starts = [date(2026, 1, 5) + timedelta(days=7 * week) for week in range(WEEKS)]
    forecasts = forecasts.assign(step=np.tile(np.arange(1, WEEKS + 1), count), starts_on=starts * count)
    forecasts[["mean", *QUANTILES]] = np.repeat(np.column_stack([mean, quantiles]), WEEKS, axis=0)
    state = keys.assign(on_hand=np.round(mean * rng.gamma(1, 3, count)), on_order=0.0)
    terms = pd.DataFrame({"product_id": pd.unique(np.array(products, dtype=object))})
    return forecasts, state, terms.assign(price=rng.lognormal(1, 0.5, len(terms)), pack_size=6)
