"""Calibrated scores are probabilities, in the order of the scores."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from commerce.assessments.portable import interpolated
from training.assessing.calibration import BEYOND, calibrated, probabilities
from training.assessing.metrics import expected_calibration_error


def drawn(rng, rows, distort):
    """(raw scores, outcomes) of which the true log-odds are `distort(raw)`."""
    raw = rng.normal(-3, 2, rows)
    return raw, (rng.random(rows) < expit(distort(raw))).astype(float)


def test_over_confident_scores_become_probabilities():
    # GIVEN scores that are too sure on both sides
    rng = np.random.default_rng(0)
    raw, outcome = drawn(rng, 20_000, lambda r: 0.5 * r - 0.5)
    curve = calibrated(raw, outcome)
    # WHEN new ones are judged
    raw, outcome = drawn(rng, 20_000, lambda r: 0.5 * r - 0.5)
    found = probabilities(curve, raw)
    # THEN the predicted rates are those observed, which the scores' own were not
    assert expected_calibration_error(outcome, expit(raw)) > 0.05
    assert expected_calibration_error(outcome, found) < 0.01


def test_few_rows_that_happen_to_be_told_apart_do_not_make_it_certain():
    # GIVEN thirty scores of which the single fraud's is the highest
    raw = np.linspace(-6.0, 0.0, 30)
    outcome = (raw == raw.max()).astype(float)
    # WHEN they are calibrated
    curve = np.array(calibrated(raw, outcome))
    # THEN log-odds still rise about as fast as the scores, where a likelihood alone would have them rise without end
    logit = np.log(curve[:, 1] / (1 - curve[:, 1]))
    rises = np.diff(logit) / np.diff(curve[:, 0])
    assert 0.8 < rises.min() <= rises.max() < 1.6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 300), st.sampled_from([-1.0, 0.0, 0.3, 3.0]))
def test_the_curve_rises_strictly_whatever_the_outcomes(seed, rows, slope):
    # GIVEN scores that say much, nothing, or the contrary, perhaps all of one outcome
    raw, outcome = drawn(np.random.default_rng(seed), rows, lambda r: slope * r)
    # WHEN they are calibrated
    curve = calibrated(raw, outcome)
    # THEN scores and probabilities rise strictly, within 0 and 1, a little beyond the scores that were seen
    points = np.array(curve)
    assert (np.diff(points, axis=0) > 0).all()
    assert 0 < points[0, 1] < points[-1, 1] < 1
    assert points[0, 0] <= raw.min() - BEYOND + 1e-9
    assert points[-1, 0] >= raw.max() + BEYOND - 1e-9


def test_points_are_so_dense_that_the_function_reads_the_same_probability():
    # GIVEN a curve over the whole range of scores
    raw, outcome = drawn(np.random.default_rng(2), 5000, lambda r: r)
    curve = calibrated(raw, outcome)
    # WHEN the middle of a rare score's interval is read
    (x0, y0), (x1, y1) = curve[40], curve[41]
    middle = interpolated(curve, (x0 + x1) / 2)
    # THEN it is within a thousandth of the geometric mean, which log-odds would give
    assert abs(middle / np.sqrt(y0 * y1) - 1) < 1e-3
