"""Judging a candidate by its family's gates."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.evaluation import Evaluation, Gate, judge


def evaluation(**metrics):
    return Evaluation(
        family="churn", as_of=date(2026, 1, 1), holdout_as_of=date(2025, 10, 1), holdout_rows=100, metrics=metrics
    )


AUC = Gate(metric="auc", better="higher", bound=0.6, margin_to_champion=0.01, margin_to_floors=0.0)


def test_a_candidate_better_than_bound_champion_and_floors_is_accepted():
    # GIVEN a candidate above everything
    found = evaluation(candidate={"auc": 0.8}, champion={"auc": 0.79}, recency={"auc": 0.7})
    # WHEN it is judged
    verdict = judge((AUC,), found)
    # THEN it is accepted and each comparison is told
    assert verdict.accepted
    assert len(verdict.reasons) == 3


def test_a_candidate_below_a_floor_is_rejected_with_the_floors_name():
    # GIVEN a candidate that a trivial method beats
    found = evaluation(candidate={"auc": 0.65}, recency={"auc": 0.7})
    # WHEN it is judged
    verdict = judge((AUC,), found)
    # THEN the reason names the floor
    assert not verdict.accepted
    assert verdict.reasons == ["auc 0.6500 must be at least 0.7000 (recency)"]


def test_a_candidate_without_the_metric_is_rejected():
    # GIVEN an evaluation that lacks the metric
    found = evaluation(candidate={})
    # WHEN it is judged
    verdict = judge((AUC,), found)
    # THEN silence is no pass
    assert not verdict.accepted


def test_a_candidate_within_the_margin_of_the_champion_is_accepted():
    # GIVEN a candidate a little worse than the champion
    found = evaluation(candidate={"auc": 0.785}, champion={"auc": 0.79})
    # WHEN it is judged with a margin of 0.01
    verdict = judge((AUC,), found)
    # THEN it is accepted
    assert verdict.accepted


@given(candidate=st.floats(0, 1), floor=st.floats(0, 1))
def test_lower_is_better_mirrors_higher_is_better(candidate, floor):
    # GIVEN the same comparison seen from both sides
    higher = Gate(metric="m", better="higher")
    lower = Gate(metric="m", better="lower")
    # WHEN both are judged
    up = judge((higher,), evaluation(candidate={"m": candidate}, f={"m": floor})).accepted
    down = judge((lower,), evaluation(candidate={"m": -candidate}, f={"m": -floor})).accepted
    # THEN they agree
    assert up == down


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (1, "as of 2025-10-01"),
        (2, "as of 2025-10-01 and 1 date before"),
        (4, "as of 2025-10-01 and 3 dates before"),
    ],
)
def test_when_rows_were_held_out_is_told_in_words(dates, words):
    # GIVEN a backtest at so many dates
    found = evaluation().model_copy(update={"holdout_dates": dates})
    # WHEN it is told
    told = found.held_out
    # THEN
    assert told == words
