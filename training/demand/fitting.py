"""Fitting: the mean on all rows, and its spread from predictions of rows that their model did not see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np
import pandas as pd

from commerce.families.demand.parameters import DemandParameters
from training.contract import AS_OF, ENTITY, LABEL, TrainingError
from training.demand.design import check, design, levels, spread_design
from training.demand.distribution import Distribution
from training.demand.features import LOCATION
from training.demand.judging import measured
from training.demand.mean import Fold, Mean, random_folds, time_folds
from training.demand.model import DemandModel

MIN_ROWS = 20
MIN_SOLD = 10
"""Training rows with demand."""
FOLD_SOLD = 50
"""Rows with demand that later periods are predicted from at least; below, rows at random tell more."""


def fit(train: pd.DataFrame, parameters: DemandParameters, seed: int) -> DemandModel:
    """A model of the labelled rows; TrainingError when they cannot teach anything."""
    check(train)
    X, level, y = design(train), levels(train), train[LABEL].to_numpy(dtype=np.float64)
    _enough(y)
    dates = train[AS_OF].to_numpy(dtype=object)
    blocks = time_folds(dates, timedelta(days=parameters.horizon_days))
    predicted, notes = _out_of_fold(X, y, level, blocks, FOLD_SOLD, seed), ()
    if np.isnan(predicted).all():
        notes = ("the history is too short to validate on other periods: the spread is that between series",)
        predicted = _out_of_fold(X, y, level, random_folds(_series(train), seed), 1, seed)
    seen = np.flatnonzero(~np.isnan(predicted))
    rows, apart = train.iloc[seen], predicted[seen]
    spread = spread_design(rows, apart)
    distribution = Distribution.fit(
        spread, y[seen], apart, _latest(dates[seen], _series(rows)), parameters.horizon, seed
    )
    found = np.column_stack([apart, distribution.quantiles(spread, apart)])
    return DemandModel(parameters, Mean.fit(X, y, level, seed), distribution, measured(rows, found), notes)


def _enough(y: np.ndarray) -> None:
    sold = int((y > 0).sum())
    if len(y) < MIN_ROWS or sold < MIN_SOLD:
        raise TrainingError(
            f"{len(y)} labelled rows, {sold} with demand, are too few to learn from; at least {MIN_ROWS} and "
            f"{MIN_SOLD} are needed: load older orders, choose a longer period, or forecast the shop as a whole "
            "(by_location = false)"
        )


def _out_of_fold(
    X: np.ndarray, y: np.ndarray, level: np.ndarray, folds: Iterable[Fold], least_sold: int, seed: int
) -> np.ndarray:
    """(rows,) predictions by models that did not see the row; NaN where the others hold too little demand.

    Scaled to the demand of the fold: by how much all of a time sold more than foreseen is chance, which would otherwise
    move every quantile of the time to come.
    """
    predicted = np.full(len(y), np.nan)
    for fitted, held in folds:
        if (y[fitted] > 0).sum() >= least_sold:
            found = Mean.fit(X[fitted], y[fitted], level[fitted], seed).predict(X[held], level[held])
            predicted[held] = found * max(y[held].sum(), 1.0) / max(found.sum(), 1.0)
    return predicted


def _latest(dates: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Mask of the rows of the latest quarter of the origins; of every second series where there are hardly any."""
    origins = np.unique(dates)
    if len(origins) >= 4:
        return dates > origins[-(len(origins) // 4) - 1]
    return (series if series.max() else np.arange(len(series))) % 2 == 1


def _series(frame: pd.DataFrame) -> np.ndarray:
    """(rows,) number of each row's series."""
    return frame.groupby([ENTITY, LOCATION], sort=False).ngroup().to_numpy()
