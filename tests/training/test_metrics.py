"""Metrics agree with scikit-learn's, and intervals cover."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from training import metrics


@given(st.integers(0, 10_000), st.integers(20, 200), st.integers(1, 3))
def test_metrics_agree_with_scikit_learn(seed, rows, decimals):
    # GIVEN predictions with ties and both outcomes
    rng = np.random.default_rng(seed)
    predicted = np.clip(rng.random(rows), 0.02, 0.98).round(decimals).clip(0.05, 0.95)
    outcome = (rng.random(rows) < predicted).astype(float)
    outcome[:2] = 0, 1
    # WHEN they are measured
    found = metrics.classification(outcome, predicted)
    # THEN they are scikit-learn's
    assert np.isclose(found["auc"], roc_auc_score(outcome, predicted))
    assert np.isclose(found["brier"], brier_score_loss(outcome, predicted))
    assert np.isclose(found["log_loss"], log_loss(outcome, predicted))


def test_the_calibration_slope_is_that_of_an_unpenalized_logistic_regression():
    # GIVEN over-confident predictions
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 4000)
    outcome = (rng.random(4000) < 1 / (1 + np.exp(-0.6 * logits))).astype(float)
    # WHEN the slope is measured
    slope = metrics.calibration_slope(outcome, 1 / (1 + np.exp(-logits)))
    # THEN it is the library's
    library = LogisticRegression(C=1e9, tol=1e-8).fit(logits[:, None], outcome).coef_[0, 0]
    assert abs(slope - library) < 1e-3


def test_bootstrap_intervals_hold_the_measured_value():
    # GIVEN predictions that know something
    rng = np.random.default_rng(1)
    predicted = rng.random(600)
    outcome = (rng.random(600) < predicted).astype(float)
    # WHEN their intervals are drawn
    interval = metrics.bootstrap(metrics.classification, outcome, {"ours": predicted}, seed=0)["ours"]["auc"]
    # THEN the measured value lies within, and the interval has a width
    assert interval.low < metrics.roc_auc(outcome, predicted) < interval.high
