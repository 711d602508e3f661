"""Precision and recall at the review capacity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.assessing.capacity import at_capacity

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 100), st.booleans()), min_size=1, max_size=60)


def measured(rows, capacity):
    """Of rows (day, probability in percent, fraud)."""
    day, likely, fraud = (np.array(column) for column in zip(*rows, strict=True))
    return at_capacity(day, likely / 100, fraud.astype(float), dict.fromkeys(range(5), capacity), capacity)


@given(ROWS, st.integers(1, 20))
def test_it_is_what_one_would_count(rows, capacity):
    # GIVEN decisions of some days
    # WHEN the most probable of each day are reviewed
    found = measured(rows, capacity)
    # THEN precision, recall and what is promised are those counted one by one
    chosen = []
    for day in range(5):
        own = [(i, row) for i, row in enumerate(rows) if row[0] == day]
        chosen += [row for _, row in sorted(own, key=lambda each: (-each[1][1], each[0]))[:capacity]]
    hits, frauds = sum(row[2] for row in chosen), sum(row[2] for row in rows)
    assert (found.chosen, found.days) == (len(chosen), len({row[0] for row in rows}))
    assert found.precision.value == pytest.approx(hits / len(chosen))
    assert (found.recall is None) == (frauds == 0)
    assert found.recall is None or found.recall.value == pytest.approx(hits / frauds)
    assert found.promised_frauds == pytest.approx(sum(row[1] for row in chosen) / 100)
    # AND a share is one, with the interval in order
    for estimate in (found.precision, found.recall):
        if estimate and estimate.interval:
            assert 0 <= estimate.interval.low <= estimate.interval.high <= 1


@given(ROWS, st.integers(1, 10))
def test_more_reviews_find_no_fewer_frauds(rows, capacity):
    # GIVEN decisions
    # WHEN one more review is possible each day
    fewer, more = measured(rows, capacity), measured(rows, capacity + 1)
    # THEN recall does not fall
    assert fewer.recall is None or more.recall.value >= fewer.recall.value


def test_its_interval_covers_the_truth_as_often_as_it_says():
    # GIVEN shops whose probabilities are right, so that what they promise is the truth
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(100):
        likely = rng.beta(0.5, 4, 2800)
        fraud = (rng.random(2800) < likely).astype(float)
        found = at_capacity(np.arange(2800) % 28, likely, fraud, dict.fromkeys(range(28), 20), 20)
        # WHEN each is measured
        covered.append(found.precision.interval.low <= found.promised_precision <= found.precision.interval.high)
    # THEN the interval holds what was promised in about 95 % of them
    assert 0.88 <= np.mean(covered) <= 0.99


def test_of_one_day_there_is_no_interval_and_without_reviews_nothing():
    # GIVEN one day
    rows = [(0, 90, True), (0, 50, False)]
    # WHEN it is measured, with and without reviewers
    found = measured(rows, 1)
    # THEN there is a value alone, and nothing where nobody reviews
    assert (found.precision.value, found.precision.interval) == (1.0, None)
    assert measured(rows, 0) is None
