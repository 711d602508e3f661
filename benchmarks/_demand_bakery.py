"""A bakery's daily demand: 35 stores, 3 products, the last eight weeks, a forecast of seven days from each Tuesday on.

Learned from what was known on the first origin and not again. Mean pinball loss over the quantiles 0.1 … 0.9, in units.
The floor `lightgbm_lags` also knows weather, school holidays and holidays of the day, which the family cannot take yet;
the promotion's weeks both know.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import ibis
import lightgbm
import numpy as np
import pandas as pd

from benchmarks._demand_contest import Contest, Shop, contest
from benchmarks.harness import Result, data_file, hashes
from commerce.families.demand import DemandParameters
from commerce.families.demand.answer import LEVELS
from lake.schema import ibis_schema
from training.contract import AS_OF, ENTITY, LABEL
from training.demand.features import LOCATION, STEP

ORIGINS = tuple(date(2019, 3, 6) + timedelta(days=7 * week) for week in range(8))
"""The first day that is forecast."""
JUDGED = tuple(level / 10 for level in range(1, 10))
KNOWN = ("is_schoolholiday", "is_holiday", "is_holiday_next2days", "rain", "temperature", "promotion_currentweek")
"""What the data says of the day itself."""
LAGS = (7, 14, 21, 28)


def measure(seed: int) -> Result:
    """Pinball loss, its ratio to the best floor, and the coverage of the intervals."""
    path = data_file("bakery.parquet")
    days = sold_by_day(path)

    def lagged(train: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
        return _lightgbm_lags(_with_days(train, days), _with_days(asked, days), seed)

    parameters = DemandParameters(frequency="day", horizon=7)
    found = contest(shop(days), ORIGINS, parameters, {"lightgbm_lags": lagged}, seed)
    return _result(found, seed, hashes(path))


def sold_by_day(path: Path) -> pd.DataFrame:
    """A row per store, product and day with its demand and what is known of the day."""
    days = pd.read_parquet(path)
    names = {name: days[name].astype(str) for name in ("product", "store")}
    return days.assign(date=pd.to_datetime(days["date"].astype(str)), day=days["date"].astype(str), **names)


def _result(found: Contest, seed: int, data: dict[str, str]) -> Result:
    losses = found.pinball(JUDGED, seed)
    best = min(loss for name, (loss, _, _) in losses.items() if name != "ours")
    figures: dict[str, float | int | None] = {
        "bakery.pinball": losses["ours"][0],
        "bakery.pinball_vs_best_floor": losses["ours"][0] / best,
        "bakery.coverage_error": found.measured("ours")["coverage_error"],
    }
    floors = {
        name: {"bakery.pinball": loss, "bakery.coverage_error": found.measured(name)["coverage_error"]}
        for name, (loss, _, _) in losses.items()
        if name != "ours"
    }
    spans = ", ".join(f"{name} {low:.3f} to {high:.3f}" for name, (_, low, high) in losses.items())
    notes = [f"bakery: {note}" for note in found.notes]
    return Result(figures, floors, data, [*notes, f"bakery: 95 % intervals over series: {spans}"])


def shop(days: pd.DataFrame) -> Shop:
    """One line per store, product and day; a promotion's day is a promotion of that day."""
    sold, promoted = (days.loc[np.flatnonzero(days[name] > 0)] for name in ("demand", "promotion_currentweek"))
    lines = pd.DataFrame(
        {
            "order_id": sold["store"] + sold["day"],
            "line_id": sold["product"],
            "product_id": sold["product"],
            "store_id": sold["store"],
            "ordered_at": sold["date"] + pd.Timedelta(hours=12),
            "kind": "sale",
            "quantity": sold["demand"],
            "total": np.nan,
        }
    )
    promotions = pd.DataFrame(
        {
            "promotion_id": promoted["day"],
            "product_id": promoted["product"],
            "store_id": promoted["store"],
            "starts_on": promoted["date"],
            "ends_on": promoted["date"],
            "kind": "discount",
            "display": None,
            "mailer": None,
            "discount": np.nan,
        }
    )
    return Shop(
        {
            "order_lines": ibis.memtable(lines),
            "promotions": ibis.memtable(promotions).cast(ibis_schema("promotions")),
        }
    )


def _with_days(rows: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """The rows beside what the data says of their day, and the demand of the same weekday of four weeks."""
    ahead = pd.to_timedelta(rows[STEP].to_numpy() - 1, unit="D")
    date_ = pd.to_datetime(rows[AS_OF].astype(str)) + ahead
    keyed = pd.DataFrame({"product": rows[ENTITY], "store": rows[LOCATION], "date": date_, "label": rows[LABEL]})
    keys = ["product", "store", "date"]
    keyed = keyed.merge(days[[*keys, *KNOWN]], on=keys, how="left", validate="many_to_one")
    for lag in LAGS:
        before = pd.DataFrame({key: days[key] for key in keys} | {f"lag_{lag}": days["demand"]})
        before["date"] += pd.Timedelta(days=lag)
        keyed = keyed.merge(before, on=keys, how="left", validate="many_to_one")
    when = pd.DatetimeIndex(keyed["date"])
    return keyed.assign(weekday=when.weekday, week=when.isocalendar().week.to_numpy().astype(int))


def _lightgbm_lags(train: pd.DataFrame, asked: pd.DataFrame, seed: int) -> np.ndarray:
    """Default LightGBM: (rows, 1 + levels) by quantile regression on lags, calendar, weather, product and store."""
    columns = [*(f"lag_{lag}" for lag in LAGS), "weekday", "week", *KNOWN, "product", "store"]
    X, given = (rows[columns].to_numpy(dtype=np.float64) for rows in (train, asked))
    of_names = [columns.index("product"), columns.index("store")]
    quantiles = np.zeros((len(asked), len(LEVELS)))
    for k, level in enumerate(LEVELS):
        model = lightgbm.LGBMRegressor(verbose=-1, random_state=seed, objective="quantile", alpha=level)
        model.fit(X, train["label"].to_numpy(), categorical_feature=of_names)
        quantiles[:, k] = np.asarray(model.predict(given))
    quantiles = np.maximum(np.sort(quantiles, axis=1), 0.0)
    return np.column_stack([quantiles[:, LEVELS.index(0.5)], quantiles])
