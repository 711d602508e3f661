"""What trees may not be told: anything that is a date under another name."""

from __future__ import annotations

import numpy as np

from training.contract import AS_OF
from training.demand.design import COLUMNS, YEARLY, design, taught_design
from training.demand.history import NEW_DAYS

YEARLY_COLUMNS = [COLUMNS.index(name) for name in YEARLY]


def test_a_series_age_is_told_up_to_a_quarter_of_a_year(run):
    # GIVEN series that began a year and a half ago and one that is new
    # WHEN
    lived = run.score.assign(told=design(run.score)[:, COLUMNS.index("lived")])
    # THEN
    weeks = np.expm1(lived.groupby("entity_id")["told"].first())
    np.testing.assert_allclose(weeks["steady"], NEW_DAYS // 7, rtol=1e-6)
    assert weeks["new"] < NEW_DAYS // 7


def test_of_less_than_a_year_the_week_is_not_told(run):
    # GIVEN rows to learn from of half a year
    recent = run.train[run.train[AS_OF] > max(run.train[AS_OF]) - np.timedelta64(182, "D")]
    # WHEN
    X = taught_design(recent, run.parameters)
    # THEN that column alone is another
    assert np.isnan(X[:, YEARLY_COLUMNS]).all()
    rest = [k for k in range(len(COLUMNS)) if k not in YEARLY_COLUMNS]
    np.testing.assert_array_equal(X[:, rest], design(recent)[:, rest])


def test_of_a_year_the_week_is_told(run):
    # GIVEN the same rows as if their origins were over a year
    first = min(run.train[AS_OF])
    spread = run.train.assign(
        **{AS_OF: [first if k % 2 else first + np.timedelta64(364, "D") for k in range(len(run.train))]}
    )
    # WHEN
    X = taught_design(spread, run.parameters)
    # THEN
    np.testing.assert_array_equal(X, design(spread))
