"""Fitting: the blend on all dates, its slope by validation inside the training rows, the levels by season."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from commerce.families.churn import ChurnParameters
from training.churn.blend import Blend
from training.churn.design import COLUMNS, MONOTONE
from training.churn.model import ChurnModel, design_of
from training.churn.season import fit_season
from training.churn.traits import TraitEncoder
from training.contract import AS_OF, LABEL, TrainingError
from training.metrics import average_precision, roc_auc

MIN_ROWS = 100
MIN_PER_OUTCOME = 20
FOLDS = 3
FOLD_SPACING = 2
"""Training dates between two validation dates."""
SLOPE_LIMITS = (0.5, 2.0)

Fold = tuple[np.ndarray, np.ndarray]
"""Masks over the training rows: to fit on, to validate on."""


def fit(train: pd.DataFrame, parameters: ChurnParameters, seed: int) -> ChurnModel:
    """A model of the labelled rows; TrainingError when they cannot teach anything."""
    _check(train)
    contract = parameters.target == "contract"
    encoder = TraitEncoder.fit(train) if contract else None
    columns, monotone = (encoder.columns, ()) if encoder else (COLUMNS, MONOTONE)
    X, y, dates = design_of(train, encoder), train[LABEL].to_numpy(dtype=float), train[AS_OF].to_numpy()
    folds = list(_random_folds(y, seed) if contract else _rolling_folds(train, parameters))
    slope, metrics = _validate(X, y, dates, columns, monotone, folds, seed)
    blend = Blend.fit(X, y, dates, columns, seed, monotone)
    margin = slope * blend.margin(X)
    recency = np.zeros(len(y)) if contract else train["recency"].to_numpy(dtype=float)
    seen = dict.fromkeys(np.unique(dates), np.inf) if contract else _history(train)
    season = fit_season(margin, y, dates, recency, seen, full=parameters.active_days)
    notes = () if folds else ("the history is too short to validate inside it: the calibration slope is 1",)
    return ChurnModel(parameters, blend, slope, season, encoder, metrics, notes)


def _check(train: pd.DataFrame) -> None:
    if len(train) < MIN_ROWS:
        raise TrainingError(
            f"{len(train)} labelled rows are too few to learn churn from; at least {MIN_ROWS} are needed"
        )
    churned = int(train[LABEL].to_numpy().sum())
    if min(churned, len(train) - churned) < MIN_PER_OUTCOME:
        raise TrainingError(
            f"{churned} of {len(train)} labelled rows churned: both outcomes are needed at least {MIN_PER_OUTCOME} "
            "times; choose another horizon_days, or check that the label and the orders are complete"
        )


def _history(train: pd.DataFrame) -> dict[date, float]:
    """Days of history each date saw: the tenure of its oldest customer."""
    dates, tenure = train[AS_OF].to_numpy(), train["tenure"].to_numpy(dtype=float)
    return {day: float(tenure[dates == day].max()) for day in np.unique(dates)}


def _rolling_folds(train: pd.DataFrame, parameters: ChurnParameters) -> Iterator[Fold]:
    """The newest dates, each behind what was known on its day: rows whose outcome was complete by then."""
    dates = train[AS_OF].to_numpy()
    horizon = timedelta(days=parameters.horizon_days or 0)
    for day in np.unique(dates)[::-1][: FOLDS * FOLD_SPACING : FOLD_SPACING]:
        known, held = dates <= day - horizon, dates == day
        if all(_both_outcomes(train[LABEL].to_numpy()[mask]) for mask in (known, held)):
            yield known, held


def _random_folds(y: np.ndarray, seed: int) -> Iterator[Fold]:
    for fitted, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(y, y):
        masks = np.zeros((2, len(y)), dtype=bool)
        masks[0, fitted], masks[1, held] = True, True
        yield masks[0], masks[1]


def _both_outcomes(y: np.ndarray) -> bool:
    return min(y.sum(), len(y) - y.sum()) >= MIN_PER_OUTCOME


def _validate(
    X: np.ndarray,
    y: np.ndarray,
    dates: np.ndarray,
    columns: tuple[str, ...],
    monotone: tuple[int, ...],
    folds: list[Fold],
    seed: int,
) -> tuple[float, dict[str, float]]:
    """Mean calibration slope and mean metrics over the folds; slope 1 and nothing where there is no fold."""
    slopes, aucs, precisions = [], [], []
    for fitted, held in folds:
        blend = Blend.fit(X[fitted], y[fitted], dates[fitted], columns, seed, monotone)
        margin = blend.margin(X[held])
        slopes.append(LogisticRegression(C=1e6).fit(margin[:, None], y[held]).coef_[0, 0])
        aucs.append(roc_auc(y[held], margin))
        precisions.append(average_precision(y[held], margin))
    if not folds:
        return 1.0, {}
    metrics = {"auc": float(np.mean(aucs)), "ap": float(np.mean(precisions)), "slope": float(np.mean(slopes))}
    return float(np.clip(np.mean(slopes), *SLOPE_LIMITS)), metrics
