"""Fitting: one part for products a customer bought before and one for new ones, as calibrated probabilities.

On the newest training date a ranker that saw only the dates before it is held against the one column that orders the
part's candidates by itself: where the column does as well, as in a shop with little to learn from, the part keeps the
column. Calibration is learned there too, and what exposures add (see `response`). Rankers that are kept then see all
dates.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from commerce.families.recommendations import RecommendationsParameters
from training.contract import AS_OF, ENTITY, LABEL, Context, TrainingError
from training.recommendations import basket_features, judging, response, tables
from training.recommendations.model import Part, RecommendationsModel
from training.recommendations.ranker import Ranker
from training.recommendations.shop import Shop

COLUMNS = basket_features.columns(tables.LEVELS)
PARTS = {"repeat": 0.0, "new": 1.0}
"""Name of each part and the value of `new` in its rows."""
PLAIN = {"repeat": "decayed_91", "new": "affinity"}
"""The column that orders a part's candidates by itself: how often and lately bought; what alike customers buy."""
UNLIKELY = -7.0
"""Log-odds at which a part stands of which too little was bought to calibrate it: below all others."""
MIN_BOUGHT = 20
ROWS_PER_THREAD = 200_000


def fit(
    train: pd.DataFrame, context: Context, parameters: RecommendationsParameters, seed: int
) -> RecommendationsModel:
    """A model of labelled candidates of several dates and of the whole shop; TrainingError where none was bought."""
    if _bought(train) < MIN_BOUGHT:
        raise TrainingError(
            f"fewer than {MIN_BOUGHT} of {len(train):,} candidates were bought within the horizon: nothing can be "
            "learned; check that order lines reach the as-of date, or choose a longer horizon_days"
        )
    days = sorted(set(train[AS_OF].tolist()))
    last = train[AS_OF].to_numpy() == days[-1]
    before, newest = _where(train, ~last), _where(train, last)
    notes = [] if len(before) else ["one training date only: nothing was validated or calibrated inside training"]
    parts, metrics, scores = {}, {}, np.zeros(len(newest))
    for name, value in PARTS.items():
        chosen, found = _validated(name, _of(before, value), _of(newest, value), seed)
        rows = newest["new"].to_numpy() == value
        scores[rows] = chosen.scores(_where(newest, rows))
        metrics |= found
        parts[name] = _kept(chosen, _of(train, value), seed, validated=len(before) > 0)
        if parts[name].ranker is None:
            notes.append(f"{name} products are ordered by {PLAIN[name]}: no ranker did better on {days[-1]}")
    learned = None
    if len(before):
        metrics |= judging.means(judging.per_customer(newest, scores))
        learned, found = response.learn(newest, scores, COLUMNS, seed)
        metrics |= found
    return RecommendationsModel(parameters, parts, Shop.fit(context), learned, metrics, tuple(notes))


def _kept(chosen: Part, rows: pd.DataFrame, seed: int, *, validated: bool) -> Part:
    """The part as chosen, its ranker learned from all dates; without a date to validate on, a ranker as it comes."""
    if validated and chosen.ranker is None:
        return chosen
    ranker = _ranker(rows, seed)
    if ranker is None:
        return _column(chosen.plain)
    return replace(chosen, ranker=ranker) if validated else Part(ranker, chosen.plain)


def _column(name: str) -> Part:
    return Part(None, name, 1.0, UNLIKELY)


def _validated(name: str, before: pd.DataFrame, newest: pd.DataFrame, seed: int) -> tuple[Part, dict[str, float]]:
    """The better of ranker and column on the newest date, calibrated there, and what both reached.

    The column where what was bought before is too little for a ranker.
    """
    better, reached = _column(PLAIN[name]), {}
    ranker = _ranker(before, seed)
    if ranker is not None:
        learned = Part(ranker, PLAIN[name])
        reached = {
            f"{name}_{kind}": judging.means(judging.per_customer(newest, part.raw(newest))).get(judging.METRICS[0], 0.0)
            for kind, part in (("ranker", learned), ("plain", better))
        }
        better = learned if reached[f"{name}_ranker"] > reached[f"{name}_plain"] else better
    outcome = newest[LABEL].to_numpy(dtype=float)
    if min(outcome.sum(), len(outcome) - outcome.sum()) < MIN_BOUGHT:
        return better, reached
    line = LogisticRegression(C=1e6).fit(better.raw(newest)[:, None], outcome)
    slope = float(line.coef_[0, 0])
    if slope <= 0:
        return better, reached
    return replace(better, slope=slope, intercept=float(line.intercept_[0])), reached | {f"{name}_slope": slope}


def _ranker(rows: pd.DataFrame, seed: int) -> Ranker | None:
    """None where too few were bought, or all were."""
    bought = _bought(rows)
    if min(bought, len(rows) - bought) < MIN_BOUGHT:
        return None
    return Ranker.fit(rows, COLUMNS, LABEL, (AS_OF, ENTITY), seed, objective="binary", threads=_threads(len(rows)))


def _threads(rows: int) -> int:
    """Threads that wait for each other cost more than they save on few rows, and on cores that others use."""
    return max(1, min(os.cpu_count() or 1, rows // ROWS_PER_THREAD))


def _bought(rows: pd.DataFrame) -> int:
    return int(rows[LABEL].to_numpy().sum())


def _of(frame: pd.DataFrame, value: float) -> pd.DataFrame:
    """Rows of one part."""
    return _where(frame, frame["new"] == value)


def _where(frame: pd.DataFrame, mask: Any) -> pd.DataFrame:
    return frame.iloc[np.flatnonzero(np.asarray(mask))]
