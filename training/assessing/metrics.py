"""Metrics of decisions on events, beside those of `training.metrics`."""

from __future__ import annotations

import numpy as np

from training.metrics import calibration_bins, classification

ECE_BINS = 15
FALSE_POSITIVES = 0.001
"""Share of good events that may be alarms where the recall is measured."""


def judged(outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Those of `training.metrics.classification`, `ece`, and `recall_at_fpr_0.001`; those undefined are left out."""
    values = {
        "ece": expected_calibration_error(outcome, predicted),
        f"recall_at_fpr_{FALSE_POSITIVES}": recall_at_false_positives(outcome, predicted, FALSE_POSITIVES),
    }
    return classification(outcome, predicted) | {name: value for name, value in values.items() if np.isfinite(value)}


def expected_calibration_error(outcome: np.ndarray, predicted: np.ndarray, bins: int = ECE_BINS) -> float:
    """Mean distance of predicted and observed rates over bins of nearly equal size (M. P. Naeini, G. Cooper and
    M. Hauskrecht, *Obtaining well calibrated probabilities using Bayesian binning*, 2015)."""
    found = calibration_bins(outcome, predicted, bins)
    return sum(each["rows"] * abs(each["predicted"] - each["observed"]) for each in found) / len(outcome)


def recall_at_false_positives(outcome: np.ndarray, predicted: np.ndarray, rate: float) -> float:
    """Share of frauds that score above all but the share `rate` of good events; NaN without either.

    A fraud that scores the same as the last good event allowed is not counted as found.
    """
    good, frauds = predicted[outcome == 0], predicted[outcome == 1]
    if not len(good) or not len(frauds):
        return float("nan")
    alarms = int(rate * len(good))
    threshold = np.partition(good, len(good) - 1 - alarms)[len(good) - 1 - alarms]
    return float(np.mean(frauds > threshold))


def card_precision(
    day: np.ndarray, card: np.ndarray, outcome: np.ndarray, predicted: np.ndarray, top: int = 100
) -> float:
    """Share of compromised cards among the `top` of each day by their highest score, averaged over days.

    As in the *Fraud Detection Handbook* (Y.-A. Le Borgne and others, 2022): cards that were found are looked at no
    more on later days. A day of fewer cards still counts `top` of them. All inputs (rows,).
    """
    cards, of = np.unique(card, return_inverse=True)
    unfound = np.ones(len(cards), dtype=bool)
    precisions = []
    for today in np.unique(day):
        rows = np.flatnonzero((day == today) & unfound[of])
        highest, compromised = np.full(len(cards), -np.inf), np.zeros(len(cards), dtype=bool)
        np.maximum.at(highest, of[rows], predicted[rows])
        compromised[of[rows[outcome[rows] == 1]]] = True
        seen = np.unique(of[rows])
        first = seen[np.argsort(-highest[seen], kind="stable")][:top]
        caught = first[compromised[first]]
        unfound[caught] = False
        precisions.append(len(caught) / top)
    return float(np.mean(precisions)) if precisions else float("nan")
