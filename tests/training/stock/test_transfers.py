"""Units moved between locations: none appear or vanish, and no giver runs short."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.families.demand.answer import EVERYWHERE
from training.stock.transfers import transfers


def keys(count: int, products: int) -> pd.DataFrame:
    """So many series of some products, in no order."""
    number = np.arange(count)
    return pd.DataFrame({"product_id": [f"p{k % products}" for k in number], "location_id": [f"l{k}" for k in number]})


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(1, 12), products=st.integers(1, 3))
def test_stock_is_conserved_and_no_giver_is_left_short(data, count, products):
    # GIVEN locations, each with a surplus or a need
    amounts = np.array(data.draw(st.lists(st.floats(-30, 30), min_size=count, max_size=count)))
    surplus, need = np.maximum(amounts, 0), np.maximum(-amounts, 0)
    places = keys(count, products)
    # WHEN units are moved
    moved = transfers(places, surplus, need, need[:, None], np.ones(count))
    # THEN what is given is received, of the same product, and is no more than was left over or asked for
    received = pd.Series(moved.received).groupby(places["product_id"]).sum()
    given_ = pd.Series(moved.given).groupby(places["product_id"]).sum()
    assert received.tolist() == given_.tolist()
    assert np.all(moved.given <= surplus)
    assert np.all(moved.received <= np.ceil(need))
    of = moved.giver >= 0
    assert np.all(places["product_id"].to_numpy()[of] == places["product_id"].to_numpy()[moved.giver[of]])


def test_the_location_that_loses_most_comes_first():
    # GIVEN 5 units left over, and two locations in need of 5, of which the second would lose more
    lost = np.array([[0.0], [2.0], [5.0]])
    # WHEN moved
    moved = transfers(keys(3, 1), np.array([5.0, 0, 0]), np.array([0, 5.0, 5.0]), lost, np.ones(3) * 1.5)
    # THEN it gets them all, and what it would have lost is saved
    assert moved.received.tolist() == [0, 0, 5]
    assert moved.money.tolist() == [0, 0, 7.5]


def test_the_whole_shop_is_no_location():
    # GIVEN a surplus that is the whole shop's
    places = keys(2, 1).assign(location_id=[EVERYWHERE, "l1"])
    # WHEN a location is in need
    moved = transfers(places, np.array([9.0, 0]), np.array([0, 9.0]), np.array([[0.0], [9.0]]), np.ones(2))
    # THEN nothing is moved
    assert moved.received.tolist() == [0, 0]
