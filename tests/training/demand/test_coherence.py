"""Reconciled means: coherent for any shop, as close to what was forecast as its uncertainty says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from commerce.families.demand.answer import LEVELS
from tests.training.demand.shop import AS_OF
from training.demand import nodes
from training.demand.coherence import reconciled, summing, variances

STEPS = 2


def shop(seed: int, products: int, stores: int) -> pd.DataFrame:
    """A frame of series, and of the shop, its regions, stores, categories and products above them.

    Regions of stores and categories are drawn at random; a store may be in none.
    """
    rng = np.random.default_rng(seed)
    of = rng.integers(0, 3, products).astype(float)
    within = rng.choice([0.0, 1.0, np.nan], stores)
    pairs = [(k, s) for k in range(products) for s in range(stores) if rng.random() < 0.8 or k == s == 0]
    series = pd.DataFrame(
        {
            "entity_id": [f"p{k}" for k, _ in pairs],
            "location_id": [f"s{s}" for _, s in pairs],
            "category_number": [of[k] for k, _ in pairs],
            "region_number": [within[s] for _, s in pairs],
            "members": 0.0,
        }
    )
    rows = [series, pd.DataFrame({"entity_id": ["level:shop"], "location_id": "*", "members": float(len(series))})]
    for on, names in (
        ("location_id", lambda v: ("level:shop", v, np.nan, np.nan)),
        ("region_number", lambda v: (f"level:region:{v}", "*", np.nan, v)),
        ("category_number", lambda v: (f"level:category:{v}", "*", v, np.nan)),
        ("entity_id", lambda v: (v, "*", of[int(v[1:])], np.nan)),
    ):
        counts = series.groupby(on).size()
        above = [(*names(value), float(count)) for value, count in counts.items()]
        rows.append(
            pd.DataFrame(above, columns=["entity_id", "location_id", "category_number", "region_number", "members"])
        )
    frame = pd.concat(rows, ignore_index=True).assign(as_of=AS_OF, department_number=np.nan)
    frame = frame.merge(pd.DataFrame({"step": range(1, STEPS + 1)}), how="cross")
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def added(frame: pd.DataFrame, mean: np.ndarray) -> np.ndarray:
    """(rows,) what the series below each row are expected to sell, reckoned row by row; a series' own."""
    rows = frame.assign(mean=mean)
    series, found = rows[rows["members"] == 0], []
    for row in rows.itertuples():
        below = series[series["step"] == row.step]
        if row.members == 0:
            found.append(row.mean)
            continue
        if row.entity_id.startswith("level:category:"):
            below = below[below["category_number"] == row.category_number]
        elif row.entity_id.startswith("level:region:"):
            below = below[below["region_number"] == row.region_number]
        elif not row.entity_id.startswith("level:"):
            below = below[below["entity_id"] == row.entity_id]
        elif row.location_id != "*":
            below = below[below["location_id"] == row.location_id]
        found.append(below["mean"].sum())
    return np.array(found)


_SHOPS = (st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 4))


@settings(max_examples=25, deadline=None)
@given(*_SHOPS)
def test_any_shop_adds_up_to_what_is_published(seed, products, stores):
    # GIVEN a shop and forecasts that do not add up, some sure, some not
    frame, rng = shop(seed, products, stores), np.random.default_rng(seed)
    mean, variance = rng.exponential(20, len(frame)), 10 ** rng.uniform(-6, 6, len(frame))
    # WHEN they are reconciled
    found = reconciled(mean, variance, nodes.series(frame), summing(frame))
    # THEN they do, in the digits that are published, and nothing is below 0
    np.testing.assert_allclose(found, added(frame, found), rtol=0, atol=1e-6)
    assert (found >= 0).all() and (found == np.round(found, 3)).all()


@settings(max_examples=25, deadline=None)
@given(*_SHOPS)
def test_what_adds_up_already_stays(seed, products, stores):
    # GIVEN forecasts that add up
    frame, rng = shop(seed, products, stores), np.random.default_rng(seed)
    mean = added(frame, np.round(rng.exponential(20, len(frame)), 3))
    # WHEN
    found = reconciled(mean, rng.exponential(9, len(frame)) + 0.1, nodes.series(frame), summing(frame))
    # THEN
    np.testing.assert_allclose(found, mean, rtol=0, atol=1e-6)


def test_it_is_the_least_squares_solution():
    # GIVEN a shop far from 0
    frame, rng = shop(3, 5, 3), np.random.default_rng(3)
    series, mean, variance = nodes.series(frame), rng.uniform(50, 60, len(frame)), rng.uniform(1, 5, len(frame))
    mean[~series] = added(frame, mean)[~series] * 1.1
    # WHEN it is reconciled, and solved as the weighted regression on the series that it is
    sums = summing(frame)
    found = reconciled(mean, variance, series, sums)
    whole = np.zeros((len(frame), int(series.sum())))
    whole[series], whole[~series] = np.eye(int(series.sum())), sums.toarray()
    weight = 1 / np.sqrt(variance)
    solved = np.linalg.lstsq(whole * weight[:, None], mean * weight, rcond=None)[0]
    # THEN both agree, and have moved
    np.testing.assert_allclose(found[series], solved, rtol=0, atol=1e-3)
    assert np.abs(solved - mean[series]).max() > 1


def test_who_is_sure_hardly_moves():
    # GIVEN two products of 10 units, and a shop of 26 that is sure, then unsure
    frame = shop(0, 2, 1).query("step == 1 and (members == 0 or entity_id == 'level:shop' and location_id == '*')")
    frame = frame.sort_values("entity_id", ignore_index=True)
    series, sums = nodes.series(frame), summing(frame)
    mean = np.where(series, 10.0, 26.0)
    # WHEN
    sure, unsure = (reconciled(mean, np.where(series, 4.0, own), series, sums)[~series].tolist() for own in (1e-3, 1e6))
    # THEN the shop keeps its forecast, or takes that of its products
    assert (sure, unsure) == (pytest.approx([26.0], abs=0.01), pytest.approx([20.0], abs=0.01))


@pytest.mark.parametrize("left", ["entity_id != 'p0'", "members > 0", "members == 0"])
def test_a_part_of_a_shop_is_left_as_it_is(left):
    # GIVEN a frame that lacks a product, all series, or all nodes
    frame = shop(1, 4, 2)
    # WHEN what adds up is asked for
    # THEN nothing is said
    assert summing(frame) is not None
    assert summing(frame.query(left)) is None


def test_variances_are_those_of_the_quantiles_and_no_less_than_of_a_count():
    # GIVEN a forecast with a spread of 30 units, one that is surer than a count can be, and one that hardly ever sells
    quantiles = np.vstack([norm.ppf(LEVELS, 100, 30), norm.ppf(LEVELS, 100, 7), np.zeros(len(LEVELS))])
    # WHEN
    found = variances(np.array([100.0, 100.0, 0.02]), quantiles)
    # THEN
    assert found == pytest.approx([900.0, 100.0, 0.02], rel=1e-4)
