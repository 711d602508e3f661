"""The design matrix: every quantity over the row's own level, so that large and small series teach one another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.contract import TrainingError
from training.demand import analogues, decay, features, hierarchy, history, holiday, regressors, seasons
from training.demand.features import FIELDS, STEP

LEAST_LEVEL = 0.05
"""Units per period: below it a ratio to the level would be noise."""
_MEANS = tuple(f"mean_{name}" for name in decay.SPEEDS["week"])
_LAGS = tuple(f"lag_{k}" for k in range(1, history.LAGS + 1))
_LEVELLED = (
    *_MEANS,
    "spread",
    "size",
    *_LAGS,
    *(f"recent_{w}" for w in history.RECENT),
    "year_ago",
    *seasons.WEEKDAYS,
    *(f.name for f in holiday.PAST),
    *(f"{level}_peer" for level in hierarchy.LEVELS),
    "mean_promoted",
    "mean_plain",
)
"""Quantities per period."""
_SUMS = (2, 4, 8)
"""Latest periods whose mean is a column."""
_LOGGED = ("lived", "last")
_PLAIN = (
    STEP,
    *(f"share_{w}" for w in history.SHARES),
    "size_variation",
    *(f"{level}_{what}" for level in hierarchy.LEVELS for what in ("trend", "season")),
    "price_ratio",
    "list_ratio",
    "promoted_lately",
    "promoted",
    "displayed",
    "mailed",
    "discount",
    *(f.name for f in (*holiday.AHEAD, *regressors.FIELDS, *features.CALENDAR)),
)
COLUMNS: tuple[str, ...] = ("level", *_LEVELLED, *(f"latest_{w}" for w in _SUMS), *_LOGGED, *_PLAIN)
SPREAD_COLUMNS: tuple[str, ...] = (
    "level",
    "predicted",
    "growth",
    STEP,
    "spread",
    "size_variation",
    *(f"share_{w}" for w in history.SHARES),
    "lived",
    "last",
    "promoted",
)
"""What the spread of demand around its prediction is told by."""


def check(frame: pd.DataFrame) -> None:
    """TrainingError naming the features that the frame lacks."""
    missing = [name for name in (*features.KEYS, *(f.name for f in FIELDS)) if name not in frame.columns]
    if missing:
        raise TrainingError(f"the feature frame lacks {', '.join(missing)}; run prepare with this version")


def levels(frame: pd.DataFrame) -> np.ndarray:
    """(rows,) units per period, at least `LEAST_LEVEL`: what a series sells lately.

    Of weeks the mean of its lately and its year's; of days the mean of what it sells and what the weekday does. Of a
    series that never sold what its analogues do.
    """
    weekday, slow, middle, year = frame[["weekday_slow", "mean_slow", "mean_middle", "mean_year"]].to_numpy(float).T
    whole = np.nan_to_num(np.where(np.isnan(weekday), (middle + year) / 2, (weekday + slow) / 2))
    new = np.flatnonzero(analogues.unsold(frame))
    if len(new):
        whole[new] = np.nan_to_num(analogues.told(frame.iloc[new])[0])
    return np.maximum(whole, LEAST_LEVEL)


def design(frame: pd.DataFrame) -> np.ndarray:
    """(rows, `COLUMNS`) float32; what is unknown is NaN, which the trees take."""
    level = levels(frame)
    lags = frame[list(_LAGS)].to_numpy(dtype=np.float64)
    return np.column_stack(
        [
            np.log(level),
            frame[list(_LEVELLED)].to_numpy(dtype=np.float64) / level[:, None],
            *(lags[:, :w].mean(axis=1) / level for w in _SUMS),
            np.log1p(frame[list(_LOGGED)].to_numpy(dtype=np.float64)),
            frame[list(_PLAIN)].to_numpy(dtype=np.float64),
        ]
    ).astype(np.float32)


def spread_design(frame: pd.DataFrame, predicted: np.ndarray) -> np.ndarray:
    """(rows, `SPREAD_COLUMNS`) float32, given the predicted mean (rows,) in units."""
    level = levels(frame)
    rest = frame[[STEP, "size_variation", *(f"share_{w}" for w in history.SHARES), "promoted"]]
    step, variation, *shares, promoted = rest.to_numpy(dtype=np.float64).T
    lived, last = np.log1p(frame[list(_LOGGED)].to_numpy(dtype=np.float64)).T
    spread = frame["spread"].to_numpy(dtype=np.float64) / level
    told = [np.log(level), np.log1p(predicted), np.log(np.maximum(predicted, 1e-6) / level), step, spread, variation]
    return np.column_stack([*told, *shares, lived, last, promoted]).astype(np.float32)
