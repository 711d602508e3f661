"""What trivial methods and a library's defaults reach on the same hold-out."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.accounts.features import FEATURES, OWN
from training.contract import LABEL


def floors(train: pd.DataFrame, holdout: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """The account's own known frauds; its own history alone in LightGBM as it comes, which sees no graph; on all
    features a logistic regression of logs and LightGBM as it comes."""
    y = train[LABEL].to_numpy(dtype=float)
    frauds = holdout["frauds"].to_numpy(dtype=float)
    found = {"own_frauds": np.where(frauds > 0, 0.5, y.mean())}
    if len(np.unique(y)) < 2:
        return found
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(_logs(train), y)
    found["lr"] = linear.predict_proba(_logs(holdout))[:, 1]
    for name, columns in (("own_history", list(OWN)), ("lightgbm_default", list(FEATURES))):
        known, asked = (frame[columns].to_numpy(dtype=float) for frame in (train, holdout))
        default = lightgbm.LGBMClassifier(verbose=-1, n_jobs=1, random_state=seed).fit(known, y)
        found[name] = np.asarray(default.predict_proba(asked))[:, 1]
    return found


def _logs(frame: pd.DataFrame) -> np.ndarray:
    filled = np.nan_to_num(frame[list(FEATURES)].to_numpy(dtype=float))
    return np.sign(filled) * np.log1p(np.abs(filled))
