"""What decisions came to, by hand."""

import numpy as np
import pytest

from commerce.assessments.parameters import AssessmentParameters
from training.assessing.losses import losses

PARAMETERS = AssessmentParameters(
    review_cost=3, review_finds=0.75, loss_share=0.5, loss_fee=20, margin=0.1, goodwill=10
)


def test_each_outcome_costs_what_the_parameters_say():
    # GIVEN decisions of every kind on events that turned out to be either
    made = [
        ("approve", 100.0, 0),
        ("approve", 200.0, 1),  # lost: 0.5 · 200 + 20 = 120
        ("review", 50.0, 0),
        ("review", 70.0, 0),
        ("review", 400.0, 1),  # 0.25 of 0.5 · 400 + 20 = 220 is missed: 55
        ("block", 90.0, 0),  # 0.1 · 90 + 10 = 19
        ("block", 600.0, 1),  # averted: 0.5 · 600 + 20 = 320
    ]
    outcome, amount, fraud = (np.array(column) for column in zip(*made, strict=True))
    # WHEN they are added up
    found = losses(outcome, amount, fraud, PARAMETERS)
    # THEN each stands in its place
    assert (found.good_reviewed, found.good_reviewed_cost) == (2, pytest.approx(6.0))
    assert (found.good_blocked, found.good_blocked_cost) == (1, pytest.approx(19.0))
    assert found.false_positive_cost == pytest.approx(25.0)
    assert found.frauds_reviewed_cost == pytest.approx(3.0)
    assert found.lost == pytest.approx(120 + 55)
    assert found.averted == pytest.approx(165 + 320)
    assert found.saved == pytest.approx(165 + 320 - 25 - 3)


def test_of_no_decision_nothing_comes():
    # GIVEN no decision
    none = np.array([])
    # WHEN it is added up
    found = losses(none, none, none, PARAMETERS)
    # THEN all is 0
    assert set(found.model_dump().values()) == {0}
