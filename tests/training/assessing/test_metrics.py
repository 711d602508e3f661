"""Metrics of decisions are what their definitions say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from training.assessing.metrics import card_precision, expected_calibration_error, judged, recall_at_false_positives


def test_the_calibration_error_is_the_mean_distance_over_bins():
    # GIVEN ten predictions of 0.1 of which none came true, ten of 0.5 of which all did
    outcome = np.repeat([0.0, 1.0], 10)
    predicted = np.repeat([0.1, 0.5], 10)
    # WHEN the error is measured in two bins
    found = expected_calibration_error(outcome, predicted, bins=2)
    # THEN it is the mean of 0.1 and 0.5
    assert found == pytest.approx(0.3)


@given(st.integers(0, 1000), st.integers(5, 300), st.sampled_from([0.0, 0.001, 0.1, 0.5]))
def test_recall_at_false_positives_is_the_roc_curves(seed, rows, rate):
    # GIVEN scores with ties and both outcomes
    rng = np.random.default_rng(seed)
    predicted = rng.random(rows).round(1)
    outcome = (rng.random(rows) < predicted).astype(float)
    outcome[:2] = 0, 1
    # WHEN the recall at a rate of false alarms is measured
    found = recall_at_false_positives(outcome, predicted, rate)
    # THEN it is the highest point of the curve up to that rate
    false, true, _ = roc_curve(outcome, predicted, drop_intermediate=False)
    alarms = np.floor(rate * (outcome == 0).sum() + 1e-9)
    assert found == pytest.approx(true[false * (outcome == 0).sum() <= alarms + 1e-9].max())


def test_recall_is_undefined_without_frauds():
    # GIVEN good events alone, WHEN the recall is measured, THEN there is none
    assert np.isnan(recall_at_false_positives(np.zeros(5), np.arange(5.0), 0.1))


def test_a_judgement_leaves_out_what_is_undefined():
    # GIVEN events of which none was fraud
    outcome, predicted = np.zeros(20), np.linspace(0.01, 0.2, 20)
    # WHEN they are judged
    found = judged(outcome, predicted)
    # THEN there is a calibration error, and neither a recall nor an area
    assert found["ece"] == pytest.approx(predicted.mean())
    assert not {"recall_at_fpr_0.001", "auc", "ap"} & set(found)


def test_card_precision_looks_at_found_cards_once():
    # GIVEN two days of three cards, of which a and b are compromised on both
    day = np.array([0, 0, 0, 0, 1, 1, 1])
    card = np.array(["a", "a", "b", "c", "a", "b", "c"])
    outcome = np.array([0, 1, 1, 0, 1, 1, 0])
    predicted = np.array([0.9, 0.1, 0.2, 0.5, 0.9, 0.3, 0.2])
    # WHEN the two highest cards of each day are looked at: a and c, then, without a, b and c
    found = card_precision(day, card, outcome, predicted, top=2)
    # THEN half were compromised on the first day, half on the second
    assert found == 0.5


def test_card_precision_counts_all_that_could_be_looked_at():
    # GIVEN a day of one compromised card
    day, card, outcome, predicted = np.zeros(1), np.zeros(1), np.ones(1), np.ones(1)
    # WHEN four could be looked at
    found = card_precision(day, card, outcome, predicted, top=4)
    # THEN one in four was
    assert found == 0.25
