"""What trivial methods and a library's defaults reach on the same hold-out: below them a model is a defect."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from scipy.stats import poisson

from commerce.families.demand.answer import LEVELS
from training.contract import LABEL
from training.demand.features import STEP
from training.demand.history import LAGS, RECENT, SHARES
from training.demand.periods import WEEK_DAYS
from training.demand.trees import threads

_LAGS = [f"lag_{k}" for k in range(1, LAGS + 1)]
_KNOWN = [*_LAGS, *(f"recent_{w}" for w in RECENT), *(f"share_{w}" for w in SHARES), "life", "last", STEP]


def floors(train: pd.DataFrame, holdout: pd.DataFrame, days: int, seed: int) -> dict[str, np.ndarray]:
    """(rows, 1 + levels) per floor, in units, for `holdout`; periods have so many `days`."""
    return {
        "seasonal_naive": seasonal_naive(holdout, days),
        "moving_average": moving_average(holdout),
        "lightgbm_default": lightgbm_default(train, holdout, seed),
    }


def seasonal_naive(holdout: pd.DataFrame, days: int) -> np.ndarray:
    """The same weekday's last demand, or the last week's; around it the spread of the last periods."""
    lags = holdout[_LAGS].to_numpy(dtype=np.float64)
    step = holdout[STEP].to_numpy(dtype=np.int64)
    age = -step % WEEK_DAYS if days == 1 else np.zeros_like(step)
    value = lags[np.arange(len(lags)), age]
    spread = np.quantile(lags, LEVELS, axis=1).T - np.median(lags, axis=1)[:, None]
    return np.column_stack([value, np.maximum(value[:, None] + spread, 0.0)])


def moving_average(holdout: pd.DataFrame) -> np.ndarray:
    """The mean of the last periods, as a Poisson count."""
    mean = holdout[_LAGS].to_numpy(dtype=np.float64).mean(axis=1)
    return np.column_stack([mean, poisson.ppf(np.array(LEVELS), mean[:, None])])


def lightgbm_default(train: pd.DataFrame, holdout: pd.DataFrame, seed: int) -> np.ndarray:
    """LightGBM as it comes, on the demand of the last periods: squared error for the mean, each quantile by itself."""
    X, y = train[_KNOWN].to_numpy(dtype=np.float64), train[LABEL].to_numpy(dtype=np.float64)
    asked = holdout[_KNOWN].to_numpy(dtype=np.float64)

    def predicted(**settings: Any) -> np.ndarray:
        model = lightgbm.LGBMRegressor(verbose=-1, random_state=seed, n_jobs=threads(len(X)), **settings)
        return np.maximum(np.asarray(model.fit(X, y).predict(asked)), 0.0)

    quantiles = [predicted(objective="quantile", alpha=level) for level in LEVELS]
    return np.column_stack([predicted(), np.sort(np.column_stack(quantiles), axis=1)])
