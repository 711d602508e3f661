"""Which of the model's inputs, and whether its scores, are distributed otherwise than before."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from commerce.assessments.assessment import Assessment
from commerce.assessments.monitoring import Drift, Shift
from training.drift import Index, index

RECENT_DAYS, REFERENCE_DAYS = 7, 28
"""Whole weeks, so that no weekday is missing on either side."""
MOST_ROWS = 20_000
"""Decisions that are compared of either side; ids are drawn at random, and those that sort first are a sample."""
SHOWN = 10
SCORE = "probability"
_SCORE_WORDS = "probability of fraud of {value:.2%}"


def drift(reference: pd.DataFrame, recent: pd.DataFrame, assessment: Assessment) -> Drift | None:
    """`reference` and `recent`: `probability` and `features` (JSON) of decisions; None where either has too few."""
    names = assessment.features
    before, now = _values(reference, names), _values(recent, names)
    found = {name: index(before[:, column], now[:, column]) for column, name in enumerate(names)}
    # The score is one more comparison.
    comparisons = len(names) + 1
    shifts = [
        _shift(name, of, comparisons, before[:, column], now[:, column], assessment.words[name])
        for column, (name, of) in enumerate(found.items())
        if of is not None
    ]
    if not shifts:
        return None
    old, new = (side[SCORE].dropna().to_numpy(dtype=float) for side in (reference, recent))
    score = index(old, new)
    return Drift(
        recent_days=RECENT_DAYS,
        reference_days=REFERENCE_DAYS,
        recent=len(recent),
        reference=len(reference),
        score=_shift(SCORE, score, comparisons, old, new, _SCORE_WORDS) if score else None,
        compared=len(shifts),
        major=sum(each.level == "major" for each in shifts),
        features=sorted(shifts, key=lambda each: (-each.psi, each.name))[:SHOWN],
    )


def _values(decisions: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    """(rows, features), NaN where a snapshot has no value."""
    snapshots = [json.loads(text) if isinstance(text, str) else {} for text in decisions["features"]]
    rows = [[np.nan if (value := each.get(name)) is None else value for name in names] for each in snapshots]
    return np.array(rows, dtype=float).reshape(len(rows), len(names))


def _shift(name: str, of: Index, comparisons: int, before: np.ndarray, now: np.ndarray, words: str) -> Shift:
    return Shift(
        name=name,
        psi=of.psi,
        noise=of.noise(comparisons),
        level=of.level(comparisons),
        before=_in_words(before, words),
        now=_in_words(now, words),
        missing_before=float(np.isnan(before).mean()),
        missing_now=float(np.isnan(now).mean()),
    )


def _in_words(values: np.ndarray, words: str) -> str:
    held = values[~np.isnan(values)]
    return words.format(value=float(held.mean())) if len(held) else "no value"
