"""How errors of periods hang together is found again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from commerce.families.demand.answer import LEVELS
from training.stock.dependence import Dependence, estimate

FORECASTS, STEPS = 2000, 6


def outcomes(true: Dependence) -> np.ndarray:
    """(forecasts, steps) standard normal outcomes that depend on each other so."""
    independent = np.random.default_rng(3).standard_normal((FORECASTS, STEPS))
    return independent @ np.linalg.cholesky(true.matrix(STEPS)).T


@pytest.mark.parametrize(
    "true", [Dependence(0.0, 0.0), Dependence(0.3, 0.0), Dependence(0.0, 0.6), Dependence(0.2, 0.5)]
)
def test_the_dependence_is_estimated(true):
    # GIVEN outcomes with a known dependence, and their distribution
    y = outcomes(true)
    quantiles = np.broadcast_to(norm.ppf(LEVELS), (FORECASTS, STEPS, len(LEVELS)))
    # WHEN estimated
    found = estimate(y, quantiles)
    # THEN correlations at every distance are those
    assert found.matrix(STEPS) == pytest.approx(true.matrix(STEPS), abs=0.06)


def test_few_forecasts_leave_the_default():
    # GIVEN three forecasts
    y = np.ones((3, STEPS))
    # WHEN estimated
    found = estimate(y, np.ones((3, STEPS, len(LEVELS))))
    # THEN nothing is made of them
    assert found == Dependence()


def test_draws_have_the_dependence_and_are_the_same_for_a_seed():
    # GIVEN a dependence
    dependence = Dependence(0.3, 0.5)
    # WHEN drawn twice
    draws, again = dependence.draws(STEPS, 1), dependence.draws(STEPS, 1)
    # THEN the periods' scores correlate so, and nothing else is drawn the second time
    assert np.corrcoef(norm.ppf(draws.demand).T) == pytest.approx(dependence.matrix(STEPS), abs=0.1)
    assert np.array_equal(draws.demand, again.demand)
