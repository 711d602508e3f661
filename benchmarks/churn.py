"""Churn at a gift shop (Online Retail II), a telephone company (Telco) and a grocer (Complete Journey).

Online Retail II: no purchase in the 90 days after 2011-09-09, customers active in the year before; we learn from
fortnightly dates whose outcome was known on that day, floors from the first of each month, 2010-12 to 2011-06.
Telco: stratified 5-fold, three times. Complete Journey: the horizon that the shop's own repurchase intervals give, mean
of four rolling origins, the year's last four horizons, each learned from what was known on its day.
Everything goes through a lake and the family's own code, as in a run of the workflow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel
from sklearn.model_selection import StratifiedKFold

from benchmarks.harness import Result, data_file, hashes
from commerce.evaluation import Interval
from lake import Lake
from lake.loaders import completejourney, online_retail
from training import frames
from training.churn import dates
from training.churn.labels import first_purchase
from training.contract import LABEL, ModelFamily, Source
from training.metrics import bootstrap
from training.registry import model_family

ONLINE_RETAIL = date(2011, 9, 9)
FLOOR_DATES = (date(2010, 12, 1), *(date(2011, month, 1) for month in range(1, 7)))
HORIZON_DAYS = 90
ORIGINS = 4
DRAWS = 500
OURS = "ours"


@dataclass(frozen=True)
class Comparison:
    """Metrics by contender, and our intervals, on one hold-out."""

    as_of: date
    metrics: dict[str, dict[str, float]]
    intervals: dict[str, Interval]
    rows: int
    rate: float
    predicted: float


def run(seed: int) -> Result:
    """All three data sets; 95 % intervals in the notes."""
    family = model_family("churn")
    retail_path, telco_path = data_file("online_retail_II.parquet"), data_file("telco_churn.csv")
    with tempfile.TemporaryDirectory() as folder:
        retail = _online_retail(family, retail_path, Path(folder) / "retail", seed)
        grocers, horizon = _completejourney(family, Path(folder) / "grocer", seed)
    telco = _telco(family, telco_path, seed)
    wanted = {"online_retail": ("auc", "ap", "brier", "calibration_slope"), "completejourney": ("auc", "ap", "brier")}
    figures: dict[str, float | int | None] = {}
    floors: dict[str, dict[str, float]] = {}
    notes = [f"completejourney: horizon {horizon} days, from the shop's repurchase intervals"]
    for name, compared in (("online_retail", [retail]), ("completejourney", grocers)):
        for metric in wanted[name]:
            figures[f"{name}.{metric}"] = _mean(compared, OURS, metric)
            for floor in compared[0].metrics.keys() - {OURS}:
                floors.setdefault(floor, {})[f"{name}.{metric}"] = _mean(compared, floor, metric)
        notes += [f"{name}: {line}" for comparison in compared for line in _lines(comparison, wanted[name])]
    for contender, auc in telco.items():
        if contender == OURS:
            figures["telco.auc"] = auc
        else:
            floors.setdefault(contender, {})["telco.auc"] = auc
    order = [f for f in ("recency", "lr_rfm", "lr_all", "lightgbm_default") if f in floors]
    return Result(figures, {name: floors[name] for name in order}, hashes(retail_path, telco_path), notes)


def _mean(compared: Sequence[Comparison], contender: str, metric: str) -> float:
    return float(np.mean([c.metrics[contender][metric] for c in compared]))


def _lines(comparison: Comparison, metrics: Sequence[str]) -> list[str]:
    found = [(m, comparison.metrics[OURS][m], comparison.intervals[m]) for m in metrics]
    intervals = (f"{m} {value:.4f} ({around.low:.4f} to {around.high:.4f})" for m, value, around in found)
    rates = f"{comparison.rows:,} customers, {comparison.rate:.1%} churned, {comparison.predicted:.1%} predicted"
    return [f"as of {comparison.as_of}, {rates}; 95 % intervals: {', '.join(intervals)}"]


def _online_retail(family: ModelFamily, path: Path, root: Path, seed: int) -> Comparison:
    lake = Lake.open(root)
    online_retail.load(lake, path)
    parameters = family.parameters({"horizon_days": HORIZON_DAYS})
    days = dates.training_dates(first_purchase(lake, ONLINE_RETAIL), ONLINE_RETAIL, HORIZON_DAYS)
    return _compare(family, lake, days, FLOOR_DATES, ONLINE_RETAIL, parameters, seed)


def _completejourney(family: ModelFamily, root: Path, seed: int) -> tuple[list[Comparison], int]:
    lake = Lake.open(root)
    completejourney.load(lake)
    last = max(lake.days("orders")) + timedelta(days=1)
    parameters = family.resolve(lake, last, family.parameters({}))
    horizon = parameters.model_dump()["horizon_days"]
    compared = []
    for origin in range(ORIGINS):
        cut = family.dates(lake, last - timedelta(days=origin * horizon), parameters)
        assert cut.holdouts
        compared.append(_compare(family, lake, cut.train, cut.train, cut.holdouts[0], parameters, seed))
    return compared, horizon


def _compare(
    family: ModelFamily,
    source: Source,
    days: Sequence[date],
    floor_days: Sequence[date],
    holdout_day: date,
    parameters: BaseModel,
    seed: int,
) -> Comparison:
    train = frames.history(family, source, days, parameters, seed)
    simple = train if floor_days is days else frames.history(family, source, floor_days, parameters, seed)
    holdout = frames.labelled(family, source, holdout_day, parameters)
    outcome = holdout[LABEL].to_numpy(dtype=float)
    ours = family.fit(train, parameters, seed).predict(holdout)
    predictions = {OURS: ours, **family.floors(simple, holdout, parameters, seed)}
    return Comparison(
        as_of=holdout_day,
        metrics={name: family.measure(outcome, predicted) for name, predicted in predictions.items()},
        intervals=bootstrap(family.measure, outcome, {OURS: ours}, seed, DRAWS)[OURS],
        rows=len(holdout),
        rate=float(outcome.mean()),
        predicted=float(ours.mean()),
    )


def _telco(family: ModelFamily, path: Path, seed: int) -> dict[str, float]:
    """Mean AUC by contender over 3 × 5 folds."""
    table = pd.read_csv(path, dtype=str)
    traits = table.drop(columns=["customerID", "Churn"])
    frame = pd.DataFrame(
        {
            "entity_id": table["customerID"],
            "as_of": date(2018, 1, 1),
            LABEL: (table["Churn"] == "Yes").astype(float),
            "traits": [row.to_json() for _, row in traits.iterrows()],
        }
    )
    parameters = family.parameters({"target": "contract"})
    aucs: dict[str, list[float]] = {}
    for repeat in range(3):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed + repeat)
        for known, asked in folds.split(frame, frame[LABEL]):
            train, holdout = frame.iloc[known].reset_index(drop=True), frame.iloc[asked].reset_index(drop=True)
            ours = family.fit(train, parameters, seed).predict(holdout)
            for name, predicted in {OURS: ours, **family.floors(train, holdout, parameters, seed)}.items():
                auc = family.measure(holdout[LABEL].to_numpy(), predicted)["auc"]
                aucs.setdefault(name, []).append(auc)
    return {name: float(np.mean(values)) for name, values in aucs.items() if name != "base_rate"}
