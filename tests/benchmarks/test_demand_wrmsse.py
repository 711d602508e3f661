"""The error over a hierarchy's levels, against its definition written out for one node at a time."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from benchmarks._demand_wrmsse import Hierarchy, squared_change

SERIES, KNOWN, HORIZON = 4, 6, 2
UNITS = st.integers(0, 9).map(float)
GROUPS = np.array([0, 0, 1, 1])


def hierarchy(known: np.ndarray, outcome: np.ndarray, worth: np.ndarray) -> Hierarchy:
    nodes = {"shop": np.zeros(SERIES, dtype=int), "category": GROUPS, "series": np.arange(SERIES)}
    return Hierarchy(nodes, known, outcome, worth)


def change_of_one(row: np.ndarray) -> float:
    sold = np.flatnonzero(row)
    lived = row[sold[0] :] if len(sold) else row[:0]
    steps = [(after - before) ** 2 for before, after in pairwise(lived)]
    return sum(steps) / len(steps) if steps else 0.0


@given(known=arrays.arrays(float, (SERIES, KNOWN), elements=UNITS))
def test_the_scale_begins_with_the_first_sale(known):
    # GIVEN histories that begin with any number of zeros
    # WHEN their scale is taken
    found = squared_change(known)
    # THEN it is that of the periods since the first sale
    assert found == pytest.approx([change_of_one(row) for row in known])


@given(
    known=arrays.arrays(float, (SERIES, KNOWN), elements=UNITS),
    outcome=arrays.arrays(float, (SERIES, HORIZON), elements=UNITS),
    forecast=arrays.arrays(float, (SERIES, HORIZON), elements=UNITS),
)
def test_the_error_of_a_level_weighs_scaled_errors_by_worth(known, outcome, forecast):
    # GIVEN histories of which every one changes, and what each is worth
    known[:, :2] = [1.0, 2.0]
    worth = np.array([1.0, 2.0, 3.0, 4.0])
    # WHEN the error of the single series is taken
    whole = hierarchy(known, outcome, worth)
    found = whole.wrmsse(whole.bottom_up(forecast))["series"]
    # THEN it is the mean of each one's root, weighted
    roots = [
        np.sqrt(np.mean((y - f) ** 2) / change_of_one(k)) for k, y, f in zip(known, outcome, forecast, strict=True)
    ]
    assert found == pytest.approx(float(np.average(roots, weights=worth)))


def test_errors_that_cancel_are_none_above():
    # GIVEN two series of a category, one foreseen too high by what the other is foreseen too low
    known = np.tile([1.0, 3.0, 2.0, 4.0, 1.0, 2.0], (SERIES, 1))
    outcome = np.full((SERIES, HORIZON), 2.0)
    forecast = outcome + np.array([[1.0], [-1.0], [0.0], [0.0]])
    # WHEN the levels are judged
    whole = hierarchy(known, outcome, np.ones(SERIES))
    found = whole.wrmsse(whole.bottom_up(forecast))
    # THEN the levels above have no error, and the series have
    assert [found["shop"], found["category"]] == [0.0, 0.0]
    assert found["series"] > 0


def test_a_series_that_never_changed_has_no_weight():
    # GIVEN a series without a scale, foreseen wrongly, that would be worth most
    known = np.tile([1.0, 3.0, 2.0, 4.0, 1.0, 2.0], (SERIES, 1))
    known[0] = 5.0
    outcome = np.full((SERIES, HORIZON), 2.0)
    forecast = outcome + np.array([[100.0], [0.0], [0.0], [0.0]])
    # WHEN the level of series is judged
    whole = hierarchy(known, outcome, np.array([1000.0, 1.0, 1.0, 1.0]))
    # THEN it does not count
    assert whole.wrmsse(whole.bottom_up(forecast))["series"] == 0.0
