"""The classifier: gradient-boosted trees and a regularised logistic regression, both additive in log-odds.

Both parts are fitted with one free intercept per as-of date, so that neither explains the season of a date by the
customers' features. What remains is the *margin*: log-odds up to the level of a date, which `season` supplies.
The regression carries the log-linear trend, the trees what bends; their weights were chosen on the validation dates of
two shops (see README.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression

_FILE_LINEAR = "linear.json"
_FILE_TREES = "trees.txt"

LINEAR_C = 0.1
DATE_SCALE = 5.0
"""Date intercepts enter the penalised regression scaled up, which leaves them all but unpenalised."""
TREES: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 5,
    "min_data_in_leaf": 100,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.4,
    "lambda_l2": 20.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
ROUNDS = 150
TREES_SHARE = 0.8


def logit(p: np.ndarray | float) -> np.ndarray:
    """Log-odds, with p kept off 0 and 1."""
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Probability of log-odds z."""
    return 1 / (1 + np.exp(-np.clip(z, -40, 40)))


@dataclass(frozen=True)
class Blend:
    """Fitted parts. `mean`, `scale` and `weights` have one entry per column of the design matrix."""

    columns: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    trees: lightgbm.Booster

    @staticmethod
    def fit(
        X: np.ndarray,
        y: np.ndarray,
        dates: np.ndarray,
        columns: tuple[str, ...],
        seed: int,
        monotone: Sequence[int] = (),
    ) -> Blend:
        """Fit to X (rows × columns, finite), y (0 or 1) and each row's as-of date. Both outcomes must occur.

        `monotone` has 1, −1 or 0 per column: trees may only rise, only fall, or bend freely with it.
        """
        mean, scale = X.mean(axis=0), X.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        levels, index = np.unique(dates, return_inverse=True)
        design = (X - mean) / scale
        if len(levels) > 1:
            design = np.hstack([design, np.eye(len(levels))[index] * DATE_SCALE])
        linear = LogisticRegression(C=LINEAR_C, max_iter=2000).fit(design, y)
        rates = np.array([y[index == i].mean() for i in range(len(levels))])
        data = lightgbm.Dataset(
            X, y, init_score=logit(rates)[index], feature_name=[f"c{i}" for i in range(len(columns))]
        )
        settings = TREES | {"seed": seed} | ({"monotone_constraints": list(monotone)} if any(monotone) else {})
        trees = lightgbm.train(settings, data, num_boost_round=ROUNDS)
        return Blend(columns, mean, scale, linear.coef_[0][: X.shape[1]], trees)

    def margin(self, X: np.ndarray) -> np.ndarray:
        """Log-odds up to the level of a date, one per row."""
        linear = ((X - self.mean) / self.scale) @ self.weights
        trees = np.asarray(self.trees.predict(X, raw_score=True))
        return (1 - TREES_SHARE) * linear + TREES_SHARE * trees

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """Rows × (columns + 1): what each column adds to the margin; the last is what an average customer has.

        Coefficient × deviation from the mean for the regression, TreeSHAP (Lundberg et al. 2020) for the trees; each
        row's sum is its margin.
        """
        linear = (X - self.mean) / self.scale * self.weights
        parts = TREES_SHARE * np.asarray(self.trees.predict(X, pred_contrib=True))
        parts[:, :-1] += (1 - TREES_SHARE) * linear
        return parts

    def save(self, folder: Path) -> None:
        """`linear.json` and LightGBM's own text format."""
        linear = {
            "columns": self.columns,
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "weights": self.weights.tolist(),
        }
        (folder / _FILE_LINEAR).write_text(json.dumps(linear, indent=1))
        self.trees.save_model(folder / _FILE_TREES)

    @staticmethod
    def load(folder: Path) -> Blend:
        """What `save` wrote."""
        linear = json.loads((folder / _FILE_LINEAR).read_text())
        return Blend(
            columns=tuple(linear["columns"]),
            mean=np.array(linear["mean"]),
            scale=np.array(linear["scale"]),
            weights=np.array(linear["weights"]),
            trees=lightgbm.Booster(model_file=folder / _FILE_TREES),
        )
