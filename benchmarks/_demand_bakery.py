"""A bakery's daily demand: 35 stores, 3 products, the last eight weeks, a forecast of seven days after each Tuesday.

Learned from what was known on the first origin and not again. Mean pinball loss over the quantiles 0.1 … 0.9, in units.
Weather, school holidays, holidays and promotions of the day are known ahead, to us and to `lightgbm_lags`: LightGBM as
it comes, on every day there was. statsforecast's models are fitted at each origin, on the 400 days before it.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import ibis
import lightgbm
import numpy as np
import pandas as pd

from benchmarks._demand_contest import Contest, Shop, contest
from benchmarks._demand_peers import local_models
from benchmarks.harness import Result, data_file, hashes
from commerce.families.demand import DemandParameters
from commerce.families.demand.answer import LEVELS
from lake.schema import ibis_schema
from training.contract import AS_OF, ENTITY
from training.demand.features import LOCATION, STEP
from training.demand.trees import threads

ORIGINS = tuple(date(2019, 3, 6) + timedelta(days=7 * week) for week in range(8))
"""The first day that is forecast."""
JUDGED = tuple(level / 10 for level in range(1, 10))
KNOWN = ("is_schoolholiday", "is_holiday", "is_holiday_next2days", "rain", "temperature", "promotion_currentweek")
"""What the data says of the day itself."""
LAGS = (7, 14, 21, 28)
REGRESSORS = ("is_schoolholiday", "rain", "temperature")
KNOWN_AHEAD = pd.Timedelta(days=28)
PARAMETERS = DemandParameters(
    # The holidays that the data marks are those of Baden-Württemberg.
    frequency="day",
    horizon=7,
    country="DE",
    subdivision="BW",
    regressors=REGRESSORS,
)
PEERS = {name: {"season_length": 7} for name in ("SeasonalNaive", "AutoETS", "AutoTheta")}
PEERS_DAYS = 400


def measure(seed: int) -> Result:
    """Pinball loss, its ratio to the best floor, and the coverage of the intervals."""
    path = data_file("bakery.parquet")
    days = sold_by_day(path)
    found = contest(shop(days), ORIGINS, PARAMETERS, {}, seed)
    peers, seconds = local_models(found.asked, _histories(days), PEERS)
    lagged = {"lightgbm_lags": _lightgbm_lags(_lagged(days), found.asked, seed)}
    notes = [*found.notes, f"statsforecast's models took {seconds:.0f} s on one core"]
    every = Contest(found.asked, {**found.predictions, **peers, **lagged}, notes)
    return _result(every, seed, hashes(path))


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
            "regressors": ibis.memtable(_regressors(days)),
        }
    )


def _regressors(days: pd.DataFrame) -> pd.DataFrame:
    """Weather and school holidays of each store and day, as known weeks before: the protocol knows them."""
    each = days.drop_duplicates(["store", "date"]).melt(["store", "date"], list(REGRESSORS), "regressor", "value")
    return pd.DataFrame(
        {
            "regressor": each["regressor"],
            "location_id": each["store"],
            "day": each["date"].dt.date,
            "known_at": each["date"] - KNOWN_AHEAD,
            "value": each["value"].astype(float),
        }
    )


def _histories(days: pd.DataFrame) -> pd.DataFrame:
    """Demand of the days before each origin, as `local_models` takes it."""
    parts = []
    for origin in ORIGINS:
        age = (pd.Timestamp(origin) - days["date"]).dt.days
        rows = days.loc[(age > 0) & (age <= PEERS_DAYS)]
        parts.append(
            pd.DataFrame(
                {ENTITY: rows["product"], LOCATION: rows["store"], "period": -age[rows.index], "y": rows["demand"]}
            ).assign(**{AS_OF: origin})
        )
    return pd.concat(parts, ignore_index=True)


def _lagged(days: pd.DataFrame) -> pd.DataFrame:
    """Each day beside its calendar and the demand of the same weekday of the four weeks before."""
    keys = ["product", "store", "date"]
    found = days[[*keys, "demand", *KNOWN]]
    for lag in LAGS:
        before = pd.DataFrame({key: days[key] for key in keys} | {f"lag_{lag}": days["demand"]})
        before["date"] += pd.Timedelta(days=lag)
        found = found.merge(before, on=keys, how="left", validate="one_to_one")
    when = pd.DatetimeIndex(found["date"])
    return found.assign(weekday=when.weekday, week=when.isocalendar().week.to_numpy().astype(int))


def _lightgbm_lags(days: pd.DataFrame, asked: pd.DataFrame, seed: int) -> np.ndarray:
    """Default LightGBM: (rows of `asked`, 1 + levels), a quantile regression for each level on the days before."""
    columns = [*(f"lag_{lag}" for lag in LAGS), "weekday", "week", *KNOWN, "product", "store"]
    of_names = [columns.index("product"), columns.index("store")]
    past = days.loc[days["date"] < pd.Timestamp(ORIGINS[0])].dropna()
    ahead = pd.to_timedelta(asked[STEP].to_numpy() - 1, unit="D")
    keyed = pd.DataFrame({"product": asked[ENTITY], "store": asked[LOCATION]})
    keyed["date"] = pd.to_datetime(asked[AS_OF].astype(str)) + ahead
    given = keyed.merge(days, on=list(keyed.columns), how="left", validate="one_to_one")
    X, X_asked = (rows[columns].to_numpy(dtype=np.float64) for rows in (past, given))
    quantiles = np.zeros((len(asked), len(LEVELS)))
    for k, level in enumerate(LEVELS):
        settings = {"objective": "quantile", "alpha": level, "random_state": seed, "n_jobs": threads(len(X))}
        model = lightgbm.LGBMRegressor(verbose=-1, **settings)
        model.fit(X, past["demand"].to_numpy(), categorical_feature=of_names)
        quantiles[:, k] = np.asarray(model.predict(X_asked))
    quantiles = np.maximum(np.sort(quantiles, axis=1), 0.0)
    return np.column_stack([quantiles[:, LEVELS.index(0.5)], quantiles])
