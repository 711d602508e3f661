"""Robots among real sessions (Lagopoulos and Tsoumakas, 2020): 67,352 sessions, of which 13,494 are robots'.

Stratified five-fold cross-validation, three times, as the data set's figures are stated; sessions have no time, address
or browser, so the features of the past are empty, and what is judged is what the family makes of the traffic alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from benchmarks._fraud_floors import floors
from benchmarks.harness import Result, data_file, hashes
from commerce.families.bots import FAMILY
from commerce.families.bots.traffic import variables
from commerce.risk_tables import TRAFFIC
from training.assessing.learning import learned
from training.assessing.metrics import expected_calibration_error
from training.assessing.model import AssessingModel
from training.assessing.rows import AT_STAKE
from training.bots import FAMILY_MODEL
from training.contract import ENTITY, LABEL
from training.metrics import average_precision, roc_auc
from training.streaming.batch import AT

FOLDS, TIMES = 5, 3


def measure(seed: int) -> Result:
    """AUC and average precision, means over all folds, ours and the floors'."""
    path = data_file("web_robots.parquet")
    frame = pd.read_parquet(path)
    outcome = frame["ROBOT"].to_numpy(dtype=float)
    raw = frame.drop(columns=["ID", "ROBOT"]).to_numpy(dtype=float)
    rows = _rows(raw, outcome)
    found: dict[str, list[dict[str, float]]] = {}
    for time in range(TIMES):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed + time)
        for train, test in folds.split(raw, outcome):
            predicted = _ours(rows.iloc[train], rows.iloc[test], seed)
            contenders = floors(raw[train], outcome[train], raw[test], seed) | {"ours": predicted}
            for name, each in contenders.items():
                found.setdefault(name, []).append(_metrics(outcome[test], each))
    means = {name: {k: float(np.mean([fold[k] for fold in each])) for k in each[0]} for name, each in found.items()}
    figures: dict[str, float | int | None] = {f"web_robots.{k}": v for k, v in means.pop("ours").items()}
    error = {
        k: (1 - float(figures[f"web_robots.{k}"] or 0)) / (1 - means["lightgbm_default"][k]) for k in ("auc", "ap")
    }
    figures |= {f"web_robots.{k}_error_of_lightgbm": v for k, v in error.items()}
    spread = np.std([fold["ap"] for fold in found["ours"]])
    return Result(
        figures,
        {name: {f"web_robots.{k}": v for k, v in each.items()} for name, each in means.items()},
        hashes(path),
        [
            f"web_robots: {FOLDS} folds, {TIMES} times; ours varies by {spread:.4f} in average precision",
            "web_robots.…_error_of_lightgbm: our distance from 1 over that of a default LightGBM on the raw columns",
        ],
    )


def _rows(raw: np.ndarray, outcome: np.ndarray) -> pd.DataFrame:
    """As the family learns from them. The data set's columns are the table's, in order."""
    assert FAMILY.assessment is not None
    names = [column.name for column in TRAFFIC]
    made = [
        variables({name: None if np.isnan(value) else value for name, value in zip(names, row, strict=True)})
        for row in raw.tolist()
    ]
    frame = pd.DataFrame(made).reindex(columns=list(FAMILY.assessment.features)).astype(float)
    own = {ENTITY: [str(n) for n in range(len(raw))], AT: np.arange(len(raw)), AT_STAKE: 0.5, LABEL: outcome}
    return pd.concat([frame, pd.DataFrame(own)], axis=1)


def _ours(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> np.ndarray:
    assert FAMILY.assessment is not None
    parameters = FAMILY.parameters()
    # Time orders the rows of a shop, and the latest calibrate: here chance does.
    mixed = train.sample(frac=1.0, random_state=seed)
    mixed[AT] = np.arange(len(mixed))
    trees = FAMILY_MODEL.trees(int(mixed[LABEL].to_numpy().sum()))
    portable = learned(mixed, FAMILY.assessment, parameters, seed, trees)  # pyright: ignore[reportArgumentType] (the spec's)
    return AssessingModel(FAMILY, portable, parameters).predict(test)  # pyright: ignore[reportArgumentType] (likewise)


def _metrics(outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return {
        "auc": roc_auc(outcome, predicted),
        "ap": average_precision(outcome, predicted),
        "calibration_error": expected_calibration_error(outcome, predicted),
    }
