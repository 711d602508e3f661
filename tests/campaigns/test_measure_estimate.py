"""The adjusted difference: hand-computed cases, what it must not depend on, and the cases with nothing to compare."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.measure.estimate import SMALLEST_GROUP, estimate
from campaigns.measure.strata import SMALLEST, comparable


def shop(seed: int, n: int = 400, held_out: float = 0.2, looks: int = 3):
    """Cumulative heavy-tailed outcomes (n, looks), who is treated, two strata, and a covariate that explains some."""
    rng = np.random.default_rng(seed)
    habit = rng.gamma(0.5, 60.0, n)
    outcomes = (habit[:, None] / looks + rng.gamma(0.3, 40.0, (n, looks))).cumsum(axis=1)
    treated = rng.permutation(n) >= round(held_out * n)
    return outcomes, treated, (habit > np.median(habit)).astype(int), habit[:, None]


def finite(found) -> bool:
    return all(np.isfinite(np.asarray(getattr(found, name))).all() for name in found.__slots__)


def test_without_strata_and_covariates_it_is_the_difference_of_means():
    # GIVEN ten customers of one stratum, both groups equally variable (variance 2.5)
    treated = np.arange(10) < 5
    outcomes = np.array([2.0, 3, 4, 5, 6, 1, 2, 3, 4, 5])[:, None]
    # WHEN the effect is estimated
    found = estimate(outcomes, treated, np.zeros(10))
    # THEN it is 4 − 3, with the error √(2.5 / 5 + 2.5 / 5) and 8 degrees of freedom, and the plain one is the same
    assert found is not None
    assert found.difference[0] == pytest.approx(1.0)
    assert found.unadjusted[0] == pytest.approx(1.0)
    assert found.error[0] == pytest.approx(1.0)
    assert found.freedom[0] == pytest.approx(8.0)
    assert found.variance_ratio[0] == pytest.approx(1.0)


def test_strata_are_weighted_by_their_size():
    # GIVEN a stratum of 10 with effect 1 and one of 30 with effect 3, held out at unlike rates
    stratum = np.repeat([0, 1], [10, 30])
    treated = np.concatenate([np.arange(10) < 5, np.arange(30) < 20])
    noise = np.tile([-1.0, 1.0, 0.0, -2.0, 2.0], 8)
    outcomes = (noise + 10.0 * stratum + treated * np.where(stratum == 0, 1.0, 3.0))[:, None]
    # WHEN it is estimated
    found = estimate(outcomes, treated, stratum)
    # THEN it is 1 × 10/40 + 3 × 30/40, while the plain difference mistakes the strata's levels for an effect
    assert found is not None
    assert found.difference[0] == pytest.approx(2.5)
    assert found.unadjusted[0] > 3


def test_what_a_covariate_explains_is_no_noise():
    # GIVEN outcomes that are a covariate times 3 plus an effect of 2
    rng = np.random.default_rng(1)
    known, treated = rng.gamma(1.0, 50.0, 200), rng.random(200) < 0.7
    # WHEN the effect is estimated with the covariate
    found = estimate((3 * known + 2 * treated)[:, None], treated, np.zeros(200), known[:, None])
    # THEN the effect is exact and hardly any variance is left
    assert found is not None
    assert found.difference[0] == pytest.approx(2.0)
    assert found.variance_ratio[0] < 1e-12


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_units_do_not_matter(seed, money, unit, offset):
    # GIVEN a shop, and the same one counted in other units of money and covariate
    outcomes, treated, stratum, known = shop(seed)
    # WHEN both are estimated
    one = estimate(outcomes, treated, stratum, known)
    other = estimate(money * outcomes, treated, stratum, unit * known + offset)
    # THEN difference and error are the same in their unit, and everything without a unit is the same
    assert one is not None
    assert other is not None
    for name in ("difference", "error", "treated_mean", "holdout_mean", "unadjusted"):
        assert getattr(other, name) == pytest.approx(money * getattr(one, name), rel=1e-6, abs=1e-9 * money)
    for name in ("freedom", "correlation", "variance_ratio"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(-50, 50))
def test_an_effect_for_everybody_is_added_to_the_difference_alone(seed, effect):
    # GIVEN a shop, and the same one where every treated customer spends more
    outcomes, treated, stratum, known = shop(seed)
    # WHEN both are estimated
    one = estimate(outcomes, treated, stratum, known)
    other = estimate(outcomes + effect * treated[:, None], treated, stratum, known)
    # THEN the difference grows by that and its error stays
    assert one is not None
    assert other is not None
    assert other.difference == pytest.approx(one.difference + effect, abs=1e-6)
    assert other.error == pytest.approx(one.error, rel=1e-6)


def test_an_earlier_look_is_the_same_whatever_comes_later():
    # GIVEN three looks
    outcomes, treated, stratum, known = shop(3)
    # WHEN the first two are estimated alone and with the third
    two = estimate(outcomes[:, :2], treated, stratum, known)
    three = estimate(outcomes, treated, stratum, known)
    # THEN they agree, and so does the third taken alone
    assert two is not None
    assert three is not None
    assert three.difference[:2] == pytest.approx(two.difference)
    assert three.error[:2] == pytest.approx(two.error)
    assert three.correlation[:2, :2] == pytest.approx(two.correlation)
    alone = estimate(outcomes[:, 2:], treated, stratum, known)
    assert alone is not None
    assert three.at(-1).error == pytest.approx(alone.error)


@pytest.mark.parametrize("covariate", [np.zeros((400, 1)), np.full((400, 2), 1e9), np.empty((400, 0))])
def test_a_covariate_that_says_nothing_changes_nothing(covariate):
    # GIVEN a covariate that is the same for everybody, or none at all
    outcomes, treated, stratum, _ = shop(4)
    # WHEN the effect is estimated with it and without
    with_it, without = estimate(outcomes, treated, stratum, covariate), estimate(outcomes, treated, stratum)
    # THEN it is the same
    assert with_it is not None
    assert without is not None
    assert with_it.difference == pytest.approx(without.difference)
    assert with_it.error == pytest.approx(without.error)


@pytest.mark.parametrize("held_out", [0, 1, SMALLEST_GROUP - 1])
def test_without_enough_held_out_nothing_is_estimated(held_out):
    # GIVEN fewer held out than can be compared with
    treated = np.arange(50) >= held_out
    # WHEN the effect is asked for, from either side
    # THEN there is none
    assert estimate(np.ones((50, 1)), treated, np.zeros(50)) is None
    assert estimate(np.ones((50, 1)), ~treated, np.zeros(50)) is None


@pytest.mark.parametrize("value", [0.0, 1.0, 1e9 / 3])
def test_when_all_do_the_same_the_error_is_nothing_and_no_number_is_undefined(value):
    # GIVEN customers who all did the same
    outcomes, treated, stratum, known = shop(5)
    # WHEN the effect is estimated
    found = estimate(np.full_like(outcomes, value), treated, stratum, known)
    # THEN there is no difference, no error, and every number is finite
    assert found is not None
    assert found.difference == pytest.approx(np.zeros(3), abs=1e-6)
    assert found.error.tolist() == [0, 0, 0]
    assert finite(found)


def test_a_holdout_without_a_buyer_still_has_a_variance():
    # GIVEN 1 % who buy, by chance nobody of 100 held out
    treated = np.arange(1000) >= 100
    outcomes = (np.arange(1000) % 90 == 1) & treated
    # WHEN the effect is estimated
    found = estimate(outcomes[:, None].astype(float), treated, np.zeros(1000))
    # THEN the holdout's error is borrowed from all, and the difference is no finding
    assert found is not None
    assert found.holdout_error[0] > 0.004
    assert found.difference[0] / found.error[0] < 1.96


@pytest.mark.parametrize(("kind", "most"), [("heavy", 0.08), ("rare", 0.08)])
def test_without_effect_one_in_twenty_is_found(kind, most):
    # GIVEN 500 campaigns without effect: heavy-tailed spending, and a shop where 2 % order
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(500):
        treated = rng.permutation(600) >= 60
        outcomes = rng.lognormal(2.0, 1.5, 600) if kind == "heavy" else (rng.random(600) < 0.02).astype(float)
        one = estimate(outcomes[:, None], treated, np.zeros(600))
        assert one is not None
        # WHEN each is tested
        found += bool(abs(one.difference[0]) > 1.964 * one.error[0])
    # THEN about 5 % are found at most (the standard error of the rate is 1 %)
    assert found / 500 < most


def test_strata_too_small_to_compare_are_thrown_together():
    # GIVEN one large stratum and three with two or three held out each
    stratum = np.repeat(["a", "b", "c", "d"], [60, 12, 12, 12])
    treated = np.concatenate([np.arange(60) >= 12, *[np.arange(12) >= 2 + (i == 0) for i in range(3)]])
    # WHEN they are made comparable
    found = comparable(stratum, treated)
    # THEN the large one stays and the small ones are one
    assert found.tolist() == [0] * 60 + [1] * 36


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 30), st.floats(0.05, 0.95))
def test_every_stratum_can_be_compared_where_any_can(seed, strata, held_out):
    # GIVEN customers in strata of any size
    rng = np.random.default_rng(seed)
    stratum, treated = rng.integers(0, strata, 200), rng.random(200) >= held_out
    if min(treated.sum(), (~treated).sum()) < SMALLEST:
        return
    # WHEN they are made comparable
    found = comparable(stratum, treated)
    # THEN each has enough of both groups
    for number in range(found.max() + 1):
        assert (found[treated] == number).sum() >= SMALLEST
        assert (found[~treated] == number).sum() >= SMALLEST
