"""What a trivial method and a library's defaults reach on the same hold-out: below them a model is a defect."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.churn.features import WINDOWS
from training.churn.traits import TraitEncoder
from training.contract import LABEL

RFM = ("recency", "purchases", "spent_365")
ALL = (
    *RFM,
    "tenure",
    "gap_mean",
    *(f"{k}_{w}" for k in ("purchases", "spent") for w in WINDOWS if w != 365),
    "purchases_365",
)


def buyer_floors(train: pd.DataFrame, holdout: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Recency alone, logistic regressions on logs of RFM and of all counts and sums, LightGBM as it comes."""
    y = train[LABEL].to_numpy(dtype=float)
    predictions = {}
    for name, columns in (("recency", RFM[:1]), ("lr_rfm", RFM), ("lr_all", ALL)):
        linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(_logs(train, columns), y)
        predictions[name] = linear.predict_proba(_logs(holdout, columns))[:, 1]
    default = lightgbm.LGBMClassifier(verbose=-1, n_jobs=1, random_state=seed).fit(_logs(train, ALL), y)
    predictions["lightgbm_default"] = np.asarray(default.predict_proba(_logs(holdout, ALL)))[:, 1]
    return predictions


def trait_floors(train: pd.DataFrame, holdout: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Everybody the same, a logistic regression on the encoded traits, LightGBM as it comes."""
    y = train[LABEL].to_numpy(dtype=float)
    encoder = TraitEncoder.fit(train)
    known, asked = encoder.encode(train), encoder.encode(holdout)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(known, y)
    default = lightgbm.LGBMClassifier(verbose=-1, n_jobs=1, random_state=seed).fit(known, y)
    return {
        "base_rate": np.full(len(holdout), y.mean()),
        "lr_all": linear.predict_proba(asked)[:, 1],
        "lightgbm_default": np.asarray(default.predict_proba(asked))[:, 1],
    }


def _logs(frame: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    values = frame[list(columns)].assign(
        **({"gap_mean": frame["gap_mean"].fillna(frame["tenure"])} if "gap_mean" in columns else {})
    )
    array = values.to_numpy(dtype=np.float64)
    return np.sign(array) * np.log1p(np.abs(array))
