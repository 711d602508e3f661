"""Lead times learned from real deliveries (SCMS) until a day, judged on the orders of the year after.

Days from the order's dispatch to its delivery, one per order, vendor and day of delivery. Some dates are mangled in the
data: those that look like 2012-01-06 are 12/1/06; read so, all but 5 of 3,004 deliveries come after their orders. Three
years are judged; the figure is their mean.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from benchmarks.harness import Result, data_file, hashes
from training.stock.leadforms import LEVELS
from training.stock.leadtimes import learn, pinball

DAYS = tuple(date(year, 1, 1) for year in (2011, 2012, 2013))
DRAWS = 1000
_SENT, _PROMISED, _ARRIVED = "PO Sent to Vendor Date", "Scheduled Delivery Date", "Delivered to Client Date"
CENTRAL = (10, 89)
"""Positions among `LEVELS` of the bounds of four deliveries in five."""

Guess = Callable[[pd.DataFrame, pd.DataFrame], np.ndarray]
"""(deliveries known, orders asked) → (orders, levels) days."""


def measure(seed: int) -> Result:
    """Pinball loss in days and coverage beside simple guesses; intervals over orders."""
    path = data_file("scms_delivery.parquet")
    deliveries = _deliveries(path)
    guesses: dict[str, Guess] = {"vendor_mean": _means, "vendor_normal": _normal, "all_vendors": _all_vendors}
    losses: dict[str, list[np.ndarray]] = {"ours": [], **{name: [] for name in guesses}}
    inside, forms = [], []
    for day in DAYS:
        begin, end = pd.Timestamp(day), pd.Timestamp(day + timedelta(days=365))
        within = (deliveries["ordered_on"] >= begin) & (deliveries["ordered_on"] < end)
        asked = deliveries.iloc[np.flatnonzero(within)]
        known = deliveries.iloc[np.flatnonzero(deliveries["arrived_on"] < begin)]
        learned = learn(deliveries, day)
        ours = np.stack([learned.by_supplier.get(name, learned.everyone) for name in asked["supplier"]])
        y = asked["days"].to_numpy(dtype=np.float64)
        losses["ours"].append(pinball(y, ours))
        for name, guess in guesses.items():
            losses[name].append(pinball(y, guess(known, asked)))
        inside.append(((y >= ours[:, CENTRAL[0]]) & (y <= ours[:, CENTRAL[1]])).mean())
        forms.append(
            f"{day.year} {learned.form}, {len(known):,} known, {len(asked):,} asked, late {learned.late_share:.3f}"
        )
    means = {name: float(np.mean([each.mean() for each in of])) for name, of in losses.items()}
    figures: dict[str, float | int | None] = {
        "scms.pinball": means["ours"],
        "scms.pinball_vs_mean": means["ours"] / means["vendor_mean"],
        "scms.pinball_vs_best_floor": means["ours"] / min(means[name] for name in guesses),
        "scms.coverage_80": float(np.mean(inside)),
    }
    floors = {name: {"scms.pinball": means[name]} for name in guesses}
    spans = "; ".join(f"over {name} {_span(losses['ours'], losses[name], seed)}" for name in guesses)
    notes = [f"scms: loss {spans} (95 % intervals, orders resampled)", f"scms: {'; '.join(forms)}"]
    return Result(figures, floors, hashes(path), notes)


def _deliveries(path: Path) -> pd.DataFrame:
    rows = pd.read_parquet(path)
    dates = {
        "ordered_on": _ordered(pd.Series(rows[_SENT].astype(str))),
        "promised_on": pd.to_datetime(rows[_PROMISED], format="%d-%b-%y"),
        "arrived_on": pd.to_datetime(rows[_ARRIVED], format="%d-%b-%y"),
    }
    found = pd.DataFrame({"order": rows["PO / SO #"], "supplier": rows["Vendor"], **dates}).dropna(
        subset=["ordered_on"]
    )
    found = found.drop_duplicates(["order", "supplier", "arrived_on"], ignore_index=True)
    found = found.assign(days=(found["arrived_on"] - found["ordered_on"]).dt.days)
    return found.iloc[np.flatnonzero(found["days"] >= 0)]


def _ordered(texts: pd.Series) -> pd.Series:
    """Dates as 11/13/06, or mangled; empty where none was captured."""
    year, month, day = (texts.str.extract(r"^20(\d\d)-(\d\d)-(\d\d)$")[k].astype(float) for k in range(3))
    mangled = pd.to_datetime(pd.DataFrame({"year": 2000 + day, "month": year, "day": month}), errors="coerce")
    return mangled.fillna(pd.to_datetime(texts, format="%m/%d/%y", errors="coerce"))


def _by_vendor(known: pd.DataFrame, asked: pd.DataFrame, what: str) -> np.ndarray:
    of = known.groupby("supplier")["days"].agg(what).reindex(asked["supplier"])
    return np.asarray(of.fillna(getattr(known["days"], what)()), dtype=np.float64)


def _means(known: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    return np.repeat(_by_vendor(known, asked, "mean")[:, None], len(LEVELS), axis=1)


def _normal(known: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    mean, spread = (_by_vendor(known, asked, what)[:, None] for what in ("mean", "std"))
    return np.maximum(mean + spread * norm.ppf(LEVELS), 0.0)


def _all_vendors(known: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    return np.repeat(np.quantile(known["days"], LEVELS)[None], len(asked), axis=0)


def _span(ours: list[np.ndarray], theirs: list[np.ndarray], seed: int) -> str:
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, len(each), (DRAWS, len(each))) for each in ours]
    top, bottom = (
        np.mean([each[rows].mean(axis=1) for each, rows in zip(of, drawn, strict=True)], axis=0)
        for of in (ours, theirs)
    )
    low, high = np.quantile(top / bottom, [0.025, 0.975])
    return f"{low:.3f} to {high:.3f}"
