"""Floors of classifications: a logistic regression and gradient boosting as the libraries come, on given features."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks._demand_peers import ask


def floors(known: np.ndarray, outcome: np.ndarray, asked: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Probabilities of the rows `asked` by each floor after learning from `known` (rows, features; NaN is no value)."""
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    linear.fit(np.nan_to_num(known), outcome)
    default = lightgbm.LGBMClassifier(verbose=-1, n_jobs=2, random_state=seed).fit(known, outcome)
    return {
        "lr": linear.predict_proba(np.nan_to_num(asked))[:, 1],
        "lightgbm_default": np.asarray(default.predict_proba(asked))[:, 1],
        "xgboost": _xgboost(known, outcome, asked, seed),
    }


def _xgboost(known: np.ndarray, outcome: np.ndarray, asked: np.ndarray, seed: int) -> np.ndarray:
    panel = pd.DataFrame(np.vstack([known, asked])).rename(columns=lambda number: f"f{number}")
    panel["label"] = np.concatenate([outcome, np.zeros(len(asked))])
    panel["asked"] = np.arange(len(panel)) >= len(known)
    return ask("xgboost_classifier.py", panel, {"seed": seed}).frame["predicted"].to_numpy()
