"""The metrics: right on known distributions, and sums per series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from commerce.families.demand.answer import LEVELS
from training.demand import judging

ROWS = 4000


def rows(y: np.ndarray, steps: int = 4) -> pd.DataFrame:
    """A hold-out of series with so many steps."""
    number = np.arange(len(y))
    return pd.DataFrame(
        {
            "entity_id": [f"p{k // steps:04d}" for k in number],
            "location_id": "*",
            "step": number % steps + 1,
            "label": y,
        }
    )


def of(mean: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Predictions of equal quantiles for every row."""
    return np.column_stack([mean, np.broadcast_to(quantiles, (len(mean), len(LEVELS)))])


@pytest.mark.parametrize("rate", [0.05, 0.4, 1.5, 30.0])
def test_the_true_distribution_of_counts_is_found_calibrated(rate):
    # GIVEN counts, mostly equal to some quantile, and the distribution they come from
    y = np.random.default_rng(1).poisson(rate, ROWS).astype(float)
    # WHEN
    found = judging.measured(rows(y), of(np.full(ROWS, rate), poisson.ppf(LEVELS, rate)))
    # THEN
    assert found["coverage_error"] < 0.05
    assert abs(found["bias"]) < 0.2


def test_too_narrow_a_distribution_is_found_out():
    # GIVEN outcomes twice as spread as said
    y = np.random.default_rng(1).normal(100, 20, ROWS)
    # WHEN
    found = judging.measured(rows(y), of(np.full(ROWS, 100.0), norm.ppf(LEVELS, 100, 10)))
    # THEN an interval of 80 % holds 48 %
    assert found["coverage_error"] == pytest.approx(0.8 - 0.478, abs=0.03)


def test_the_loss_is_over_demand():
    # GIVEN quantiles all at 8 where 10 are sold
    y = np.full(4, 10.0)
    # WHEN
    found = judging.measured(rows(y), of(np.full(4, 8.0), np.full(len(LEVELS), 8.0)))
    # THEN
    assert found["pinball"] == pytest.approx(2 * np.mean(LEVELS) / 10)
    assert (found["bias"], found["scaled_rmse"]) == pytest.approx((-0.2, 0.2))


def test_without_demand_only_coverage_is_measured():
    # GIVEN
    nothing = np.zeros(8)
    # WHEN
    found = judging.measured(rows(nothing), of(nothing, np.zeros(len(LEVELS))))
    # THEN
    assert set(found) == {"coverage_error"}
    assert found["coverage_error"] < 0.01


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_series_add_up_in_any_order(seed):
    # GIVEN rows in another order
    rng = np.random.default_rng(seed)
    holdout, predicted = rows(rng.poisson(2, 24).astype(float)), np.sort(rng.poisson(2, (24, 1 + len(LEVELS))), axis=1)
    order = rng.permutation(24)
    # WHEN
    outcome, judged = judging.per_series(holdout, {"x": predicted})
    shuffled = judging.per_series(holdout.iloc[order], {"x": predicted[order]})
    # THEN
    assert len(outcome) == 6
    np.testing.assert_allclose(outcome, shuffled[0])
    np.testing.assert_allclose(judged["x"], shuffled[1]["x"])


def test_curves_tell_coverage_by_level_and_error_by_step():
    # GIVEN forecasts that are a unit off at the second step alone
    y = np.full(8, 5.0)
    mean = np.tile([5.0, 6.0, 5.0, 5.0], 2)
    # WHEN
    found = judging.curves(*_judged(rows(y), of(mean, norm.ppf(LEVELS, 5, 1))))
    # THEN
    assert [point["error"] for point in found["error_by_step"]] == pytest.approx([0, 0.2, 0, 0])
    assert [point["covered"] for point in found["coverage"]] == sorted(p["covered"] for p in found["coverage"])


def test_slices_are_of_intermittent_and_of_new_series():
    # GIVEN two series, and a node
    holdout = pd.DataFrame({"share_52": [1.0, 0.2, 0.2], "new": [1.0, 0.0, 1.0], "members": [0.0, 0.0, 2.0]})
    # WHEN
    found = judging.slices(holdout)
    # THEN
    assert {name: mask.tolist() for name, mask in found.items()} == {
        "intermittent": [False, True, False],
        "new": [True, False, False],
    }


def test_nodes_are_told_of_by_level_and_change_no_metric():
    # GIVEN two products of 5 units, forecast a unit too low, and a shop and a region forecast a unit too high
    series, y = rows(np.full(8, 5.0)).assign(members=0.0), np.full(4, 10.0)
    shop, region = (rows(y).assign(entity_id=f"level:{name}", members=2.0) for name in ("shop", "region:North"))
    spread = norm.ppf(LEVELS, 5, 1)
    every = pd.concat([series, shop, region], ignore_index=True)
    predicted = np.vstack([of(np.full(8, 4.0), spread), of(np.full(8, 11.0), spread)])
    # WHEN
    outcome, judged = judging.judged(every, {"x": predicted})
    # THEN errors are told from the shop down, by the number of each level
    assert judging.measure(outcome, judged["x"]) == pytest.approx(judging.measured(series, predicted[:8]))
    found = judging.curves(outcome, judged["x"])
    assert [(p["level"], p["error"]) for p in found["error_by_level"]] == [
        (0, pytest.approx(0.1)),
        (6, pytest.approx(0.1)),
        (5, 0.2),
    ]
    assert [p["error"] for p in found["error_by_step"]] == pytest.approx([0.2] * 4)


def _judged(holdout, predicted):
    outcome, judged = judging.per_series(holdout, {"x": predicted})
    return outcome, judged["x"]
