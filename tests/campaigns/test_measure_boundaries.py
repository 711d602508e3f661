"""Bounds for several looks: known values, their total, and what they depend on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.measure.boundaries import bounds, spent

EVENLY = np.array([0.25, 0.5, 0.75, 1.0])


def independent(shares: np.ndarray) -> np.ndarray:
    """Correlation of looks whose increments are independent."""
    return np.sqrt(np.minimum.outer(shares, shares) / np.maximum.outer(shares, shares))


def crossing(correlation: np.ndarray, limits: np.ndarray, draws: int = 400_000) -> float:
    """Share of simulated campaigns without effect that cross a bound at any look."""
    factor = np.linalg.cholesky(correlation + 1e-10 * np.eye(len(limits)))
    statistics = np.random.default_rng(1).normal(size=(draws, len(limits))) @ factor.T
    return float((np.abs(statistics) > limits).any(axis=1).mean())


def test_one_look_is_the_plain_test():
    # GIVEN one look at the end
    # WHEN its bound is computed
    # THEN it is the normal distribution's
    assert bounds(np.ones((1, 1)), np.ones(1)) == pytest.approx([1.959964], abs=1e-5)


def test_four_looks_with_independent_increments_have_the_tabulated_bounds():
    # GIVEN four even looks whose increments are independent
    # WHEN the bounds are computed
    # THEN they are those that statistical tables and packages give for this spending function
    assert bounds(independent(EVENLY), EVENLY) == pytest.approx([4.3326, 2.9631, 2.3590, 2.0141], abs=2e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 8), st.integers(0, 1000), st.sampled_from([0.05, 0.025, 0.01]))
def test_all_looks_together_find_alpha(looks, seed, alpha):
    # GIVEN looks at customers whose outcomes add up in any way
    rng = np.random.default_rng(seed)
    habit = rng.normal(0, rng.random() * 2, (400, 1))
    outcomes = (habit + rng.normal(0, 1, (400, looks)) * rng.gamma(1.0, 1.0, looks)).cumsum(axis=1)
    correlation = np.corrcoef(outcomes.T)
    shares = np.arange(1, looks + 1) / looks
    # WHEN the bounds are held against campaigns without effect
    found = crossing(correlation, bounds(correlation, shares, alpha))
    # THEN alpha of them cross one
    assert found == pytest.approx(alpha, abs=0.0015)


def test_early_bounds_are_higher_and_do_not_depend_on_later_looks():
    # GIVEN four looks
    correlation = independent(EVENLY)
    # WHEN bounds are computed after two looks and after four
    early, late = bounds(correlation[:2, :2], EVENLY[:2]), bounds(correlation, EVENLY)
    # THEN the first two are the same, and each is above the next
    assert late[:2] == pytest.approx(early)
    assert (np.diff(late) < 0).all()


@pytest.mark.parametrize("correlation", [np.ones((3, 3)), np.eye(3)])
def test_looks_that_add_nothing_or_everything_have_bounds(correlation):
    # GIVEN looks that all see the same, or have nothing in common
    shares = np.array([1 / 3, 2 / 3, 1.0])
    # WHEN bounds are computed
    found = bounds(correlation, shares)
    # THEN they are finite and keep alpha
    assert np.isfinite(found).all()
    assert crossing(correlation, found) == pytest.approx(0.05, abs=0.002)


def test_spending_ends_at_alpha_and_never_falls():
    # GIVEN the window from beginning to end
    found = spent(np.linspace(0, 1, 101), 0.05)
    # WHEN error is spent
    # THEN nothing is spent at first, all of it at the end, and never less than before
    assert found[0] == 0
    assert found[-1] == pytest.approx(0.05)
    assert (np.diff(found) >= 0).all()
