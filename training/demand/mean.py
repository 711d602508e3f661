"""Expected demand: gradient-boosted trees of demand over the row's own level.

Fitted by the Poisson deviance of that ratio, each row weighed by its level, which is the deviance of the demand itself
with the level as its exposure (an offset of the log-linear model: McCullagh and Nelder 1989). A quasi-likelihood: it
asks that variance grows with the mean, not that demand be a Poisson count.

Of few rows the mean of two kinds of trees: the usual ones, and others that are cut at random places (extremely
randomised trees, Geurts, Ernst and Wehenkel 2006), which tell less of what was and take less of it for a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from training.demand import trees
from training.demand.design import COLUMNS

FILES = ("mean.txt", "mean-random.txt")
ROUNDS = 200
FEW_ROWS = 200_000
"""Up to which a second kind of trees is worth its time."""
TREES: dict[str, Any] = {
    "objective": "poisson",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "lambda_l2": 5.0,
}
RANDOM: dict[str, Any] = {"extra_trees": True, "learning_rate": 0.1}
RANDOM_ROUNDS = 400
FOLDS = 4

Fold = tuple[np.ndarray, np.ndarray]
"""Masks over the training rows: to fit on, to predict."""


@dataclass(frozen=True)
class Mean:
    """The fitted trees, of one kind or of both."""

    boosters: tuple[lightgbm.Booster, ...]

    @staticmethod
    def fit(X: np.ndarray, y: np.ndarray, level: np.ndarray, seed: int) -> Mean:
        """Of X (rows × `COLUMNS`), demand y and level (rows,), both in units. Some demand must be above 0."""
        data = lightgbm.Dataset(X, y / level, weight=level, feature_name=list(COLUMNS), free_raw_data=False)
        kinds = [(TREES, ROUNDS), *([(TREES | RANDOM, RANDOM_ROUNDS)] if len(y) <= FEW_ROWS else [])]
        return Mean(tuple(trees.train(settings, data, len(y), rounds, seed) for settings, rounds in kinds))

    def predict(self, X: np.ndarray, level: np.ndarray) -> np.ndarray:
        """(rows,) expected demand in units."""
        return np.mean([trees.predict(booster, X) for booster in self.boosters], axis=0) * level

    def save(self, folder: Path) -> None:
        """LightGBM's own text format."""
        for booster, file in zip(self.boosters, FILES, strict=False):
            booster.save_model(folder / file)

    @staticmethod
    def load(folder: Path) -> Mean:
        """What `save` wrote."""
        files = [folder / file for file in FILES]
        return Mean(tuple(lightgbm.Booster(model_file=file) for file in files if file.is_file()))


def time_folds(dates: np.ndarray, horizon: timedelta) -> Iterator[Fold]:
    """Blocks of neighbouring origins, each predicted from those whose horizons do not overlap with the block's.

    Oldest first. Purged cross-validation (López de Prado, *Advances in Financial Machine Learning*, 2018): demand of a
    week is the outcome of several origins, and must not be learned from to predict itself.
    """
    origins = np.unique(dates)
    for block in np.array_split(origins, min(FOLDS, len(origins))):
        fitted = (dates <= block[0] - horizon) | (dates >= block[-1] + horizon)
        yield fitted, np.isin(dates, block)


def random_folds(groups: np.ndarray, seed: int) -> Iterator[Fold]:
    """Parts at random that keep a group's rows together; single rows where there are hardly any groups."""
    count = int(groups.max()) + 1
    parts = np.random.default_rng(seed).permutation(max(count, FOLDS)) % FOLDS
    part = parts[groups] if count >= FOLDS else np.arange(len(groups)) % FOLDS
    for number in range(FOLDS):
        yield part != number, part == number
