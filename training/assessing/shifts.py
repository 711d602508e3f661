"""Which of the model's inputs, and whether its scores, are distributed otherwise than before."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from commerce.assessments.assessment import Assessment
from commerce.assessments.monitoring import Compared, Drift, Shift
from training.drift import Index, index

RECENT_DAYS, REFERENCE_DAYS = 7, 28
"""Whole weeks, so that no weekday is missing on either side."""
MOST_ROWS = 20_000
"""Decisions that are compared of either side; ids are drawn at random, and those that sort first are a sample."""
SHOWN = 10
SCORE = "probability"
_SCORE_WORDS = "probability of fraud of {value:.2%}"


@dataclass(frozen=True, slots=True)
class Sample:
    """Features (rows, features), NaN where there is no value, and probabilities of those rows that have one."""

    values: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def of_decisions(decisions: pd.DataFrame, assessment: Assessment) -> Sample:
    """`decisions` has `probability` and `features`, the snapshot as JSON."""
    names = assessment.features
    snapshots = [json.loads(text) if isinstance(text, str) else {} for text in decisions["features"]]
    rows = [[np.nan if (value := each.get(name)) is None else value for name in names] for each in snapshots]
    values = np.array(rows, dtype=float).reshape(len(rows), len(names))
    return Sample(values, decisions[SCORE].dropna().to_numpy(dtype=float))


def of_events(rows: pd.DataFrame, assessment: Assessment) -> Sample:
    """`rows` has the features by name: the batch form's, which are the values that decisions would have seen."""
    return Sample(rows[list(assessment.features)].to_numpy(dtype=float), np.empty(0))


def drift(reference: Sample, recent: Sample, assessment: Assessment, of: Compared = "decisions") -> Drift | None:
    """`of` says what the reference is; None where either has too few."""
    before, now = reference.values, recent.values
    found = {name: index(before[:, column], now[:, column]) for column, name in enumerate(assessment.features)}
    # The score is one more comparison.
    comparisons = len(found) + 1
    shifts = [
        _shift(name, changed, comparisons, before[:, column], now[:, column], assessment.words[name])
        for column, (name, changed) in enumerate(found.items())
        if changed is not None
    ]
    if not shifts:
        return None
    score = index(reference.scores, recent.scores)
    return Drift(
        recent_days=RECENT_DAYS,
        reference_days=REFERENCE_DAYS,
        recent=len(recent),
        reference=len(reference),
        reference_of=of,
        score=_shift(SCORE, score, comparisons, reference.scores, recent.scores, _SCORE_WORDS) if score else None,
        compared=len(shifts),
        major=sum(each.level == "major" for each in shifts),
        features=sorted(shifts, key=lambda each: (-each.psi, each.name))[:SHOWN],
    )


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
