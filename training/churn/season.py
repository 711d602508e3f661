"""The level of a date: how much likelier than its margin says everybody is to churn at that time of the year.

Before Christmas nearly everybody comes back, after it hardly anybody does; trained on spring and summer alone, a
model is 10 to 15 points off in autumn. So the level is taken from the same season in the shop's own past.

Early dates see a short history: every customer looks new, and the long-silent ones are missing. Levels estimated
from full features there would be wrong by up to half a unit of log-odds. Recency is the one thing a short history does
not distort, so for them the churn rate given recency is carried over to a later, complete population, and the level
is what makes the model's mean probability meet it (moment matching; the label-shift idea of Saerens, Latinne and
Decaestecker 2002, with the rate known from the year before instead of estimated by EM).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from sklearn.linear_model import LogisticRegression

from training.churn.blend import sigmoid

YEAR = 365.25
NEAR_DAYS = 12.0
"""Width of the kernel over the days between two dates' times of the year."""
SEEN_DAYS = 30
"""A season counts as seen when a training date lies this near to it in another year."""
LATEST = 3
"""Dates averaged where the season has not been seen."""


@dataclass(frozen=True)
class Season:
    """Levels by training date, log-odds to add to a margin."""

    levels: Mapping[date, float]

    def level(self, as_of: date) -> float:
        """The level at `as_of`: of the same season in earlier years; of the latest dates where there is none."""
        dates = sorted(self.levels)
        distance = np.array([time_of_year_distance(d, as_of) for d in dates])
        values = np.array([self.levels[d] for d in dates])
        near = distance <= SEEN_DAYS
        if not near.any():
            return float(values[-LATEST:].mean())
        weights = np.exp(-0.5 * (distance / NEAR_DAYS) ** 2) * near
        return float(values @ weights / weights.sum())

    def seen(self, as_of: date) -> bool:
        """Whether a training date lies in the same season as `as_of`."""
        return any(time_of_year_distance(d, as_of) <= SEEN_DAYS for d in self.levels)


def time_of_year_distance(a: date, b: date) -> float:
    """Days between two dates' times of the year, 0 to half a year."""
    apart = abs((a - b).days) % YEAR
    return min(apart, YEAR - apart)


def fit_season(
    margin: np.ndarray, y: np.ndarray, dates: np.ndarray, recency: np.ndarray, history: Mapping[date, float], full: int
) -> Season:
    """Levels of all dates from calibrated margins, outcomes and recency (days) of the training rows.

    `history` is the days of history each date saw; a date that saw at least `full` days stands for itself, an
    earlier one is carried over to the last date's customers.
    """
    last = max(history)
    reference = dates == last
    levels = {}
    for day, seen in history.items():
        own = dates == day
        if seen >= full or day == last:
            levels[day] = solve_level(margin[own], float(y[own].mean()))
            continue
        rate = LogisticRegression(C=1e3).fit(_curve(recency[own]), y[own])
        alike = reference & (recency <= seen)
        expected = rate.predict_proba(_curve(recency[alike]))[:, 1]
        levels[day] = solve_level(margin[alike], float(expected.mean()))
    return Season(levels)


def solve_level(margin: np.ndarray, rate: float) -> float:
    """The level at which the mean probability is `rate` (bisection; the mean rises with the level)."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(margin + middle).mean() < rate else (low, middle)
    return (low + high) / 2


def _curve(recency: np.ndarray) -> np.ndarray:
    logged = np.log1p(recency)
    return np.column_stack([logged, logged**2])
