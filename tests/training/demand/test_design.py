"""What trees may not be told: a date under another name."""

from __future__ import annotations

import numpy as np

from training.demand.design import COLUMNS, design
from training.demand.history import NEW_DAYS


def test_a_series_age_is_told_up_to_a_quarter_of_a_year(run):
    # GIVEN series that began a year and a half ago and one that is new
    # WHEN
    lived = run.score.assign(told=design(run.score)[:, COLUMNS.index("lived")])
    # THEN
    weeks = np.expm1(lived.groupby("entity_id")["told"].first())
    np.testing.assert_allclose(weeks["steady"], NEW_DAYS // 7, rtol=1e-6)
    assert weeks["new"] < NEW_DAYS // 7
