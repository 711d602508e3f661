"""What being shown adds to the rankers' chances, learned from exposures where there are enough of them.

Rankers learn what customers buy, shown or not. Of a product that was shown it is also known at which place, with which
probability it got there, and whether it was bought soon after:

    log-odds(taken) = a + b · log-odds(ranker) + c · log2(1 + place) + trees(features)

The line comes first, by logistic regression; the trees learn what it leaves. What the place does is told apart by `c`;
answers are for place 1. Rows weigh by one over their propensity (Joachims, Swaminathan and Schnabel, WSDM 2017), but at
most twice: what decided whether a product was shown, the rankers' chance and the features, is known to the model, so
that larger weights add more noise than they take bias away (measured in `benchmarks recommendations`, part `shown`).

Learned on the newest training date, whose rankers' chances did not see it. The trees are taken where, learned from one
half of the customers, they tell what the other half took better than the line alone, by more than a standard error.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from training.contract import ENTITY
from training.recommendations.ranker import PARAMETERS

COLUMNS = ("place", "propensity", "taken")
"""Of rows that were shown; empty in all others."""
MIN_TAKEN = 100
"""Products taken, and not taken, below which nothing is learned."""
MOST_WEIGHT = 2.0
_ROUNDS = 100
_SMALL = {"num_leaves": 15, "min_data_in_leaf": 50, "num_threads": 1}
"""Exposures are few beside candidates."""
_LEAST = 1e-6
_TEXT, _LINE = "response.txt", "response.json"


@dataclass(frozen=True)
class Response:
    """`line` is a, b, c; `columns` are the features, in the trees' order."""

    line: tuple[float, float, float]
    trees: lightgbm.Booster
    columns: tuple[str, ...]

    def chances(self, rows: pd.DataFrame, ranked: np.ndarray) -> np.ndarray:
        """Probability of being taken at place 1, per row, given the rankers' probabilities."""
        return self.at(rows, ranked, np.ones(len(ranked)))

    def at(self, rows: pd.DataFrame, ranked: np.ndarray, place: np.ndarray) -> np.ndarray:
        """The same at any place."""
        if not len(rows):
            return np.zeros(0)
        corrected = np.asarray(self.trees.predict(_matrix(rows, self.columns), raw_score=True))
        return _probability(_described(ranked, place) @ np.array(self.line) + corrected)

    def save(self, folder: Path) -> None:
        """`response.txt`, LightGBM's text, and `response.json`, the line and the columns."""
        self.trees.save_model(folder / _TEXT)
        (folder / _LINE).write_text(json.dumps({"line": self.line, "columns": self.columns}, indent=1))

    @staticmethod
    def load(folder: Path) -> Response | None:
        """What `save` wrote; None where there is none."""
        if not (folder / _LINE).is_file():
            return None
        kept = json.loads((folder / _LINE).read_text())
        a, b, c = kept["line"]
        return Response((a, b, c), lightgbm.Booster(model_file=folder / _TEXT), tuple(kept["columns"]))


def learn(
    rows: pd.DataFrame, ranked: np.ndarray, columns: Sequence[str], seed: int, *, most_weight: float = MOST_WEIGHT
) -> tuple[Response | None, dict[str, float]]:
    """A response where it tells more than the rankers do, and how both did on customers not learned from.

    `rows` have `COLUMNS` and the features `columns`, `ranked` the rankers' probabilities of them, learned from earlier
    dates. Metrics: `shown`, `taken`, and where there are enough of them `shown_log_loss` with the trees,
    `shown_log_loss_line` without, and `shown_gain_z`, how many standard errors lie between.
    """
    if "place" not in rows.columns:
        return None, {}
    shown = np.flatnonzero(rows["place"].notna().to_numpy())
    told = _Told.of(rows.iloc[shown], ranked[shown], columns, most_weight)
    taken = int(told.taken.sum())
    counted = {"shown": float(len(shown)), "taken": float(taken)} if len(shown) else {}
    if min(taken, len(shown) - taken) < MIN_TAKEN:
        return None, counted
    half = np.random.default_rng(seed).permutation(told.customers) % 2
    losses = np.zeros((len(shown), 2))
    for side in (0, 1):
        test = half[told.customer] == side
        if min(told.taken[~test].sum(), (1 - told.taken[~test]).sum()) < MIN_TAKEN // 4:
            return None, counted
        line, trees = _fit(told.where(~test), columns, seed)
        held = told.where(test)
        plain = held.described @ np.array(line)
        corrected = plain + np.asarray(trees.predict(held.features, raw_score=True))
        losses[test] = np.column_stack([held.loss(corrected), held.loss(plain)])
    z = _gain(losses[:, 1] - losses[:, 0], told.customer)
    mean = losses.sum(axis=0) / told.weight.sum()
    counted |= {"shown_log_loss": float(mean[0]), "shown_log_loss_line": float(mean[1]), "shown_gain_z": z}
    if z <= 1:
        return None, counted
    line, trees = _fit(told, columns, seed)
    return Response(line, trees, tuple(columns)), counted


@dataclass(frozen=True, slots=True)
class _Told:
    """What shown products tell, a row each: customers as numbers, the line's three columns, features, outcome."""

    customer: np.ndarray
    described: np.ndarray
    features: np.ndarray
    taken: np.ndarray
    weight: np.ndarray

    @staticmethod
    def of(rows: pd.DataFrame, ranked: np.ndarray, columns: Sequence[str], most_weight: float) -> _Told:
        customer, _customers = pd.factorize(rows[ENTITY], sort=True)
        propensity = np.clip(rows["propensity"].to_numpy(dtype=float), max(1 / most_weight, _LEAST), 1.0)
        described = _described(ranked, rows["place"].to_numpy(dtype=float))
        return _Told(customer, described, _matrix(rows, columns), rows["taken"].to_numpy(dtype=float), 1 / propensity)

    @property
    def customers(self) -> int:
        return int(self.customer.max()) + 1

    def where(self, mask: np.ndarray) -> _Told:
        return _Told(*(getattr(self, name)[mask] for name in self.__slots__))

    def loss(self, odds: np.ndarray) -> np.ndarray:
        """Weighted log loss per row."""
        signed = np.where(self.taken == 1, -odds, odds)
        return self.weight * np.logaddexp(0.0, signed)


def _fit(told: _Told, columns: Sequence[str], seed: int) -> tuple[tuple[float, float, float], lightgbm.Booster]:
    regression = LogisticRegression(C=1e6, fit_intercept=False, max_iter=1000)
    regression.fit(told.described, told.taken, sample_weight=told.weight)
    a, b, c = (float(value) for value in regression.coef_[0])
    data = lightgbm.Dataset(
        told.features,
        told.taken,
        weight=told.weight,
        init_score=told.described @ np.array([a, b, c]),
        feature_name=list(columns),
    )
    own: dict[str, Any] = {"objective": "binary", "seed": seed, "boost_from_average": False}
    return (a, b, c), lightgbm.train(PARAMETERS | _SMALL | own, data, num_boost_round=_ROUNDS)


def _described(ranked: np.ndarray, place: np.ndarray) -> np.ndarray:
    clipped = np.clip(ranked, _LEAST, 1 - _LEAST)
    return np.column_stack([np.ones(len(ranked)), np.log(clipped / (1 - clipped)), np.log2(1 + place)])


def _probability(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-odds))


def _matrix(rows: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    return rows[list(columns)].to_numpy(dtype=np.float32)


def _gain(better: np.ndarray, customer: np.ndarray) -> float:
    """Sum of differences over its standard error, customers being what is independent."""
    sums = np.bincount(customer, better)
    deviation = float(sums.std(ddof=1) * np.sqrt(len(sums))) if len(sums) > 1 else 0.0
    return float(sums.sum() / deviation) if deviation > 0 else 0.0
