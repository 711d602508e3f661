"""Sample paths: what is drawn follows the quantiles, and sums are not sums of quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, poisson

from commerce.families.demand.answer import LEVELS
from tests.training.stock import made
from training.stock.dependence import Dependence
from training.stock.paths import sample


@settings(max_examples=20, deadline=None)
@given(shape=st.floats(0.5, 20), scale=st.floats(0.1, 50))
def test_draws_of_a_period_have_its_quantiles(shape, scale):
    # GIVEN quantiles of a skewed distribution
    quantiles = np.broadcast_to(gamma.ppf(LEVELS, shape, scale=scale), (1, 3, len(LEVELS)))
    # WHEN paths are drawn
    drawn = np.diff(made.paths(quantiles).total[0], axis=1)[:, 1]
    # THEN their quantiles are these, but for what a few hundred points cannot tell
    inner = slice(1, -2)
    assert np.quantile(drawn, LEVELS[inner]) == pytest.approx(quantiles[0, 0, inner], rel=0.1, abs=0.05 * scale)


def test_draws_beyond_the_last_level_grow_like_an_exponential_tail():
    # GIVEN quantiles of an exponential distribution, whose tail is known
    quantiles = -np.log(1 - np.array(LEVELS)).reshape(1, 1, -1)
    # WHEN drawn where only one in a thousand lies above
    drawn = sample(quantiles, np.array([[0.999]]), 7).total[0, 0, 1]
    # THEN it is the exponential's own quantile
    assert drawn == pytest.approx(np.log(1000))


def test_counts_stay_counts():
    # GIVEN quantiles of a Poisson count
    quantiles = np.broadcast_to(poisson.ppf(LEVELS, 0.7), (1, 3, len(LEVELS)))
    # WHEN drawn
    total = made.paths(quantiles).total
    # THEN every draw is whole
    assert np.array_equal(total, np.round(total))


@pytest.mark.parametrize(("common", "expected"), [(0.0, 2.0), (0.999, 4.0)])
def test_the_sum_of_periods_varies_as_they_depend_on_each_other(common, expected):
    # GIVEN four periods of standard deviation 1 that are independent, or move as one
    # WHEN summed over paths
    total = made.paths(made.normal(50, 1), dependence=Dependence(common, 0.0)).total[0, :, -1]
    # THEN the sum's standard deviation is the root of four, or four
    assert total.std() == pytest.approx(expected, rel=0.08)


def test_demand_up_to_a_day_grows_evenly_within_a_period_and_at_the_mean_after_the_last():
    # GIVEN two weeks of exactly 7 and 14 units
    quantiles = np.stack([np.full(len(LEVELS), 7.0), np.full(len(LEVELS), 14.0)])[None]
    # WHEN asked from a Wednesday on
    drawn = made.paths(quantiles, elapsed=2.0)
    # THEN days of the first week sell 1, of the second 2, later ones 1.5
    assert [drawn.upto(day)[0, 0] for day in (0, 3, 5, 6, 12, 14)] == pytest.approx([0, 3, 5, 7, 19, 22])
