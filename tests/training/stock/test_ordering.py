"""What is ordered can be bought, and is what the targets ask for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.stock import made
from training.contract import TrainingError
from training.stock.ordering import Orders, order
from training.stock.terms import Policy, complete


def ordered(on_hand: float, policy: Policy, on_order: float = 0.0, **terms: float) -> Orders:
    """The order of a product that sells about 100 a week, costs 2 and is sold for 3, if nothing else is said."""
    stock = made.holdings([on_hand], [on_order])
    of = complete(np.array(["p"]), pd.DataFrame([{"product_id": "p", "unit_cost": 2.0, "price": 3.0, **terms}]), policy)
    return order(made.paths(made.normal(100, 20)), stock, made.leads(7, stock), of, policy)


@settings(max_examples=40, deadline=None)
@given(
    on_hand=st.floats(0, 500),
    pack=st.sampled_from([1.0, 6.0, 24.0, 250.0]),
    least=st.sampled_from([0.0, 50.0, 1000.0]),
    level=st.sampled_from([None, 0.9]),
    ordering=st.sampled_from([0.0, 5.0]),
)
def test_an_order_is_whole_packs_and_large_enough(on_hand, pack, least, level, ordering):
    # GIVEN packs and a least order
    policy = Policy(service_level=level, ordering_cost=ordering)
    # WHEN ordered
    quantity = ordered(on_hand, policy, pack_size=pack, min_order=least).quantity[0]
    # THEN it can be bought
    assert quantity % pack == 0
    assert quantity == 0 or quantity >= least


def test_units_on_their_way_are_not_ordered_again():
    # GIVEN the same product with 80 on order, and without
    without, with_order = ordered(150, Policy()), ordered(150, Policy(), on_order=80)
    # WHEN compared
    saved = without.quantity[0] - with_order.quantity[0]
    # THEN that is what is ordered less, in what cannot be lost before
    assert saved == pytest.approx(80, abs=2)


def test_a_pack_too_many_is_not_bought_where_it_costs_more_than_it_saves():
    # GIVEN packs of thousand units that spoil within two weeks, and a shelf that is nearly full
    filled = ordered(250, Policy(), pack_size=1000, shelf_life_days=14)
    # WHEN ordered THEN the pack stays where it is
    assert filled.quantity[0] == 0


def test_cost_and_price_tell_one_another():
    # GIVEN a product of which only the price is known, one of which only the cost is, and one of which nothing is
    terms = pd.DataFrame({"product_id": ["a", "b"], "price": [10.0, None], "unit_cost": [None, 6.0]})
    # WHEN completed
    found = complete(np.array(["a", "b", "c"]), terms, Policy(cost_share=0.6))
    # THEN
    assert found.cost.tolist() == [6.0, 6.0, 0.6]
    assert found.price.tolist() == [10.0, 10.0, 1.0]
    assert found.priced.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("column", "value"), [("pack_size", 0), ("price", -1), ("shelf_life_days", 0), ("min_order", -2)]
)
def test_impossible_terms_are_named(column, value):
    # GIVEN a term that cannot be
    terms = pd.DataFrame({"product_id": ["a"], column: [value]})
    # WHEN completed THEN the error names it
    with pytest.raises(TrainingError, match=column):
        complete(np.array(["a"]), terms, Policy())


@pytest.mark.parametrize("wrong", [{"review_days": 0}, {"service_level": 1.0}, {"budget": -1.0}, {"elasticity": 0.5}])
def test_an_impossible_policy_is_refused(wrong):
    # GIVEN a setting that cannot be followed WHEN made a policy THEN the error names it
    with pytest.raises(TrainingError, match=next(iter(wrong))):
        Policy(**wrong)
