"""The index sees a change of a distribution, and takes chance for none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training.drift import BINS, LEAST_ROWS, index

VALUES = st.one_of(st.just(np.nan), st.integers(-20, 20).map(float))
SAMPLES = arrays(float, st.integers(LEAST_ROWS, 200), elements=VALUES)


@settings(max_examples=50)
@given(SAMPLES, SAMPLES)
def test_it_is_finite_never_negative_and_nothing_between_the_same(reference, recent):
    # GIVEN any two samples, with ties and missing values
    # WHEN they are compared, and one with itself
    found, same = index(reference, recent), index(reference, reference)
    # THEN the index is a finite number from 0, and 0 of the same
    assert found is not None and same is not None
    assert 0 <= found.psi < np.inf
    assert same.psi == pytest.approx(0, abs=1e-12)
    assert 1 <= found.bins <= BINS + 3


@settings(max_examples=50)
@given(SAMPLES, SAMPLES)
def test_it_depends_on_the_order_of_values_alone(reference, recent):
    # GIVEN two samples and a function that rises
    # WHEN both are transformed
    before, after = index(reference, recent), index(np.exp(reference / 7), np.exp(recent / 7))
    # THEN nothing changes
    assert before is not None and after is not None
    assert after.psi == pytest.approx(before.psi, abs=1e-9)


def test_of_few_rows_nothing_is_said():
    # GIVEN a sample that is too small
    # WHEN it is compared
    # THEN there is no answer
    assert index(np.zeros(LEAST_ROWS - 1), np.zeros(1000)) is None


@pytest.mark.parametrize("rows", [100, 300, 3000])
def test_chance_alone_is_rarely_taken_for_a_change(rows):
    # GIVEN 1000 pairs of samples of the same distribution, the smaller of which have a large index by chance
    rng = np.random.default_rng(rows)
    pairs = [index(rng.normal(size=2 * rows), rng.normal(size=rows)) for _ in range(1000)]
    # WHEN each is judged, and their mean is compared with theory's, (B - 1)(1/n + 1/m)
    flagged = [pair.level() for pair in pairs if pair and pair.level() != "none"]
    mean = np.mean([pair.psi for pair in pairs if pair])
    # THEN about one in a hundred exceeds the noise, and the mean is as it should be
    assert len(flagged) <= 20
    assert mean == pytest.approx((BINS - 1) * (1 / (2 * rows) + 1 / rows), rel=0.1)


def test_the_rule_of_thumb_alone_would_flag_chance():
    # GIVEN small samples of the same distribution
    rng = np.random.default_rng(0)
    pairs = [index(rng.normal(size=150), rng.normal(size=100)) for _ in range(200)]
    # WHEN the usual threshold and the noise are asked
    found = [pair for pair in pairs if pair]
    # THEN the threshold alone is exceeded often, which is why the noise is asked as well
    assert sum(pair.psi >= 0.1 for pair in found) > 100
    assert sum(pair.level() != "none" for pair in found) <= 6


@pytest.mark.parametrize(
    ("change", "level"),
    [
        (lambda values: values + 1.0, "major"),
        (lambda values: values + 0.35, "moderate"),
        (lambda values: np.where(np.arange(len(values)) % 3 == 0, np.nan, values), "major"),
        (lambda values: values + 100.0, "major"),
        (lambda values: values * 0.999, "none"),
    ],
    ids=["moved", "moved a little", "a third is missing", "beyond all that was known", "as before"],
)
def test_a_change_is_seen(change, level):
    # GIVEN samples before and after a change
    rng = np.random.default_rng(1)
    before, after = rng.normal(size=4000), change(rng.normal(size=2000))
    # WHEN they are compared among a hundred variables
    found = index(before, after)
    # THEN it is seen for what it is
    assert found is not None
    assert found.level(100) == level


def test_a_constant_that_becomes_another_is_a_change_in_either_direction():
    # GIVEN a variable that had one value
    before = np.ones(500)
    # WHEN it takes a lower one, a higher one, or stays
    levels = [index(before, np.full(500, value)).level() for value in (0.0, 2.0, 1.0)]
    # THEN the first two are changes
    assert levels == ["major", "major", "none"]
