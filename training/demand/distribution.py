"""The distribution of demand around its mean: quantiles of log((1 + demand) / (1 + mean)), then calibrated.

Counts are jittered (Machado and Santos Silva, *Quantiles for counts*, 2005): demand plus a uniform number below 1 has a
continuous distribution whose quantile z gives the count's, ⌈z − 1⌉. What is learned from are predictions of rows that
their model did not see. The latest of these set the quantiles right by group: each is shifted to where its share of
outcomes lies below (conformalised quantile regression, Romano, Patterson and Candès 2019, one side at a time).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from commerce.families.demand.answer import LEVELS
from training.demand import trees
from training.demand.design import SPREAD_COLUMNS

FILE = "shifts.json"
ROUNDS = 60
TREES: dict[str, Any] = {
    "objective": "quantile",
    "learning_rate": 0.1,
    "num_leaves": 8,
    "lambda_l2": 1.0,
}
SIZES = (0.5, 2.0, 8.0, 32.0)
"""Units of predicted demand that tell the groups apart."""
PARTS = 3
"""Parts of the horizon, likewise."""
PRIOR_ROWS = 200.0
"""Rows of the whole that a group's own shift is weighed against."""


@dataclass(frozen=True)
class Distribution:
    """`boosters` has one per level; `shifts` is (groups, levels)."""

    boosters: tuple[lightgbm.Booster, ...]
    shifts: np.ndarray
    whole: bool
    horizon: int

    @staticmethod
    def fit(
        X: np.ndarray, y: np.ndarray, predicted: np.ndarray, latest: np.ndarray, horizon: int, seed: int
    ) -> Distribution:
        """Of X (rows × `SPREAD_COLUMNS`), demand y, its mean as predicted out of fold, and a mask of the latest rows.

        The others fit the quantiles, the latest calibrate them; both masks must hold a row.
        """
        whole = bool(np.all(y == np.round(y)))
        jitter = np.random.default_rng(seed).random(len(y)) if whole else 0.0
        excess = np.log1p(y + jitter) - np.log1p(predicted)
        earlier = np.flatnonzero(~latest)
        data = lightgbm.Dataset(X[earlier], excess[earlier], feature_name=list(SPREAD_COLUMNS))
        boosters = tuple(trees.train(TREES | {"alpha": level}, data, len(earlier), ROUNDS, seed) for level in LEVELS)
        rough = Distribution(boosters, np.zeros((0, len(LEVELS))), whole, horizon)
        held = np.flatnonzero(latest)
        missed = excess[held, None] - rough.excess(X[held])
        return Distribution(boosters, _shifts(missed, groups(X[held], horizon)), whole, horizon)

    def excess(self, X: np.ndarray) -> np.ndarray:
        """(rows, levels) quantiles before calibration, rising."""
        return np.sort(np.column_stack([trees.predict(booster, X) for booster in self.boosters]), axis=1)

    def quantiles(self, X: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """(rows, levels) demand in units, rising and not below 0."""
        shifted = np.sort(self.excess(X) + self.shifts[groups(X, self.horizon)], axis=1)
        found = np.expm1(shifted + np.log1p(predicted)[:, None])
        # Adding 0 takes the sign off a zero.
        return np.maximum(np.ceil(found - 1) if self.whole else found, 0.0) + 0.0

    def save(self, folder: Path) -> None:
        """`quantile-<level>.txt`, LightGBM's own text format, and `shifts.json`."""
        for level, booster in zip(LEVELS, self.boosters, strict=True):
            booster.save_model(folder / _name(level))
        about = {"levels": LEVELS, "whole": self.whole, "horizon": self.horizon, "shifts": self.shifts.tolist()}
        (folder / FILE).write_text(json.dumps(about, indent=1))

    @staticmethod
    def load(folder: Path) -> Distribution:
        """What `save` wrote."""
        about = json.loads((folder / FILE).read_text())
        boosters = tuple(lightgbm.Booster(model_file=folder / _name(level)) for level in about["levels"])
        return Distribution(boosters, np.array(about["shifts"]), about["whole"], about["horizon"])


def groups(X: np.ndarray, horizon: int) -> np.ndarray:
    """(rows,) group of each row: part of the horizon and size of the predicted demand."""
    step, predicted = (X[:, SPREAD_COLUMNS.index(name)] for name in ("step", "predicted"))
    part = np.minimum((step - 1) * PARTS // horizon, PARTS - 1).astype(int)
    return part * (len(SIZES) + 1) + np.digitize(np.expm1(predicted), SIZES)


def _shifts(missed: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(groups, levels): by how much each quantile is to be moved, a group of few rows nearly as all rows."""
    every = _quantiles(missed)
    shifts = np.tile(every, (PARTS * (len(SIZES) + 1), 1))
    for number in np.unique(group):
        own = missed[group == number]
        shifts[number] += (_quantiles(own) - every) * len(own) / (len(own) + PRIOR_ROWS)
    return shifts


def _quantiles(missed: np.ndarray) -> np.ndarray:
    return np.array([np.quantile(missed[:, k], level) for k, level in enumerate(LEVELS)])


def _name(level: float) -> str:
    return f"quantile-{level}.txt"
