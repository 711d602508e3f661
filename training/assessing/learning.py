"""Learning from labelled events, and from unlabelled ones where there are too few labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from commerce.assessments.assessment import Assessment
from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.policy import review_price
from commerce.assessments.portable import Portable
from commerce.streams.windows import DAY
from training.assessing.calibration import Curve, calibrated, probabilities
from training.assessing.exporting import ABSENT, of_booster, of_isolation, vectorised
from training.assessing.rows import AT_STAKE
from training.contract import LABEL
from training.streaming.batch import AT

LEAST_FRAUDS = 30
"""Known frauds that are needed to learn from labels."""
CALIBRATED = 0.25
"""Share of the rows, the latest, which say how many trees are best and what a raw score is worth as a probability."""
POINTS = 200
"""Of the curve of an anomaly score."""
MOST_ROUNDS, PATIENCE = 500, 50
"""Trees at most, and how many that do not help with the latest rows end the search for their number."""
_SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


def learned(
    rows: pd.DataFrame,
    assessment: Assessment,
    parameters: AssessmentParameters,
    seed: int,
    trees: Mapping[str, Any] | None = None,
) -> Portable:
    """A version of the model. `rows` are those of `rows.rows`, labelled; `trees` are settings of LightGBM in place of
    the usual ones."""
    rows = rows.sort_values([AT, "entity_id"], ignore_index=True)
    X, y = design(rows, assessment), rows[LABEL].to_numpy(dtype=float)
    if y.sum() < LEAST_FRAUDS:
        return _unsupervised(X, assessment, seed)
    late = int(len(rows) * (1 - CALIBRATED))
    found = boosted(X, y, late, seed, trees)
    likely = probabilities(found.curve, found.raw)
    days = max(1, int(np.ptp(rows[AT].to_numpy()[late:]) // (DAY.seconds * 1_000_000)))
    price = review_price(
        likely.tolist(), rows[AT_STAKE].to_numpy()[late:].tolist(), parameters, parameters.reviews_per_day * days
    )
    return Portable("supervised", assessment.features, of_booster(found.trees), found.curve, price)


@dataclass(frozen=True, slots=True)
class Boosted:
    """Trees of all rows, what their raw score is worth as a probability, and the raw scores (rows,) that said so."""

    trees: lightgbm.Booster
    curve: Curve
    raw: np.ndarray


def boosted(X: np.ndarray, y: np.ndarray, late: int, seed: int, trees: Mapping[str, Any] | None = None) -> Boosted:
    """Learn from X (rows, features) and outcomes y (rows,), in the order of time. The rows from `late` on say how many
    trees are best and what a raw score is worth; `trees` are settings of LightGBM in place of the usual ones."""
    settings = _SETTINGS | {"seed": seed} | dict(trees or {})
    early = _stopped(X, y, late, settings)
    raw = vectorised(of_booster(early), X[late:])
    whole = lightgbm.train(settings, lightgbm.Dataset(X, y), num_boost_round=early.num_trees())
    return Boosted(whole, calibrated(raw, y[late:]), raw)


def design(rows: pd.DataFrame, assessment: Assessment) -> np.ndarray:
    """(rows, features) as the model takes them, NaN where there is no value."""
    return rows[list(assessment.features)].to_numpy(dtype=float)


def _stopped(X: np.ndarray, y: np.ndarray, late: int, settings: dict[str, Any]) -> lightgbm.Booster:
    """Trees of the rows before `late`, as many as are best for the rows from there on."""
    known = lightgbm.Dataset(X[:late], y[:late])
    later = lightgbm.Dataset(X[late:], y[late:], reference=known)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    found = lightgbm.train(settings, known, MOST_ROUNDS, valid_sets=[later], callbacks=[stop])
    text = found.model_to_string(num_iteration=found.best_iteration)
    return lightgbm.Booster(model_str=text)


def _unsupervised(X: np.ndarray, assessment: Assessment, seed: int) -> Portable:
    library = IsolationForest(n_estimators=100, random_state=seed, n_jobs=1).fit(np.nan_to_num(X, nan=ABSENT))
    forest = of_isolation(library)
    raw = vectorised(forest, X)
    shares = np.linspace(0.0, 1.0, POINTS)
    curve = dict(zip(np.quantile(raw, shares).tolist(), shares.tolist(), strict=True))
    return Portable("anomaly", assessment.features, forest, tuple(sorted(curve.items())), 0.0)
