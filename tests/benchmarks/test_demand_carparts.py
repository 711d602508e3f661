"""The scaled error of spare parts."""

import numpy as np
import pytest

from benchmarks._demand_carparts import HORIZON, KNOWN, scaled_errors


def test_the_error_is_over_the_change_of_the_known_months():
    # GIVEN a part that alternates between 0 and 2, and one that never changes
    months = np.arange(KNOWN + HORIZON)
    units = np.column_stack([2.0 * (months % 2), np.ones(len(months))])
    # WHEN half of the range is foreseen for all months
    found = scaled_errors(units, np.ones((HORIZON, 2)))
    # THEN the first is off by half of its change, and the second has no scale
    assert found == pytest.approx([0.5])
