"""What trivial methods and a library's defaults reach on the same hold-out."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from commerce.assessments.assessment import Assessment
from training.assessing.learning import design
from training.assessing.rows import AT_STAKE
from training.contract import LABEL


def floors(train: pd.DataFrame, holdout: pd.DataFrame, assessment: Assessment, seed: int) -> dict[str, np.ndarray]:
    """Everything by what is at stake, a logistic regression on logs of all features, LightGBM as it comes."""
    y = train[LABEL].to_numpy(dtype=float)
    stake = holdout[AT_STAKE].to_numpy(dtype=float)
    found = {"at_stake": np.argsort(np.argsort(stake)) / max(1, len(stake) - 1) * y.mean() * 2}
    if len(np.unique(y)) < 2:
        return found
    known, asked = design(train, assessment), design(holdout, assessment)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(_logs(known), y)
    default = lightgbm.LGBMClassifier(verbose=-1, n_jobs=1, random_state=seed).fit(known, y)
    return found | {
        "lr": linear.predict_proba(_logs(asked))[:, 1],
        "lightgbm_default": np.asarray(default.predict_proba(asked))[:, 1],
    }


def _logs(X: np.ndarray) -> np.ndarray:
    filled = np.nan_to_num(X, nan=0.0)
    return np.sign(filled) * np.log1p(np.abs(filled))
