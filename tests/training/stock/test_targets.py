"""How much stock costs least: the newsvendor's answer, and what orders that cost money change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from tests.training.stock import made
from training.stock.needs import Needs, needs
from training.stock.targets import MOST_CYCLES, Economy, cheapest, cost, targets

MEAN, SPREAD = 100.0, 20.0


def economy(holding: float = 0.01, shortage: float = 1.0, waste: float = 0.0, ordering: float = 0.0) -> Economy:
    """Of one series."""
    return Economy(np.array([holding]), np.array([shortage]), np.array([waste]), ordering)


def needed(life: float = np.inf, cycles: int = 1, lead: float = 0.0, review: int = 7, on_hand: float = 0.0) -> Needs:
    """Of one series that sells about 100 a week."""
    stock = made.holdings([on_hand])
    quantiles = made.normal(MEAN, SPREAD, steps=12)
    return needs(made.paths(quantiles), stock, made.leads(lead, stock), np.array([life]), review, cycles)


@pytest.mark.parametrize(("shortage", "waste"), [(1.0, 1.0), (3.0, 1.0), (1.0, 3.0), (8.0, 1.0)])
def test_goods_of_one_period_are_stocked_to_the_critical_ratio(shortage, waste):
    # GIVEN goods that last a week, as long as there is no other order
    of = needed(life=7)
    # WHEN the cheapest position is asked for
    found = cheapest(of, economy(0.0, shortage, waste), 1)[0]
    # THEN it is the newsvendor's quantile of a week's demand
    assert found == pytest.approx(norm.ppf(shortage / (shortage + waste), MEAN, SPREAD), abs=0.1 * SPREAD)


@settings(max_examples=40, deadline=None)
@given(
    prices=st.tuples(*[st.floats(0.001, 5)] * 3),
    life=st.sampled_from([3.0, 7.0, 16.0, np.inf]),
    cycles=st.integers(1, 3),
    lead=st.floats(0, 15),
    other=st.floats(0, 800),
)
def test_no_position_costs_less_than_the_cheapest(prices, life, cycles, lead, other):
    # GIVEN any costs, shelf life and lead time
    of, costs = needed(life, 3, lead), economy(*prices)
    # WHEN the cheapest position and any other are compared
    best = cost(cheapest(of, costs, cycles), of, costs, cycles)[0]
    # THEN the other costs no less
    assert best <= cost(np.array([other]), of, costs, cycles)[0] + 1e-9


def test_orders_that_cost_nothing_are_placed_at_every_review():
    # GIVEN orders without a cost
    found = targets(needed(), economy(), None)
    # WHEN the targets are asked for THEN whatever is sold is ordered again
    assert found.reorder == found.upto
    assert found.cycles == 1


def test_orders_that_cost_money_are_larger_and_come_later():
    # GIVEN an order that costs as much as holding a week's demand for four weeks
    of = needed(cycles=MOST_CYCLES)
    free, dear = (targets(of, economy(ordering=cost), None) for cost in (0.0, 4.0))
    # WHEN compared with orders that are free THEN they last for weeks, and are placed lower
    assert dear.cycles[0] in (2, 3)
    assert dear.upto[0] > free.upto[0] + MEAN / 2
    assert dear.reorder[0] < free.reorder[0]


def test_an_order_never_lasts_beyond_the_shelf_life_however_dear_it_is():
    # GIVEN goods that last 12 days, and orders that cost more than a week's margin
    of = needed(life=12, cycles=MOST_CYCLES)
    # WHEN the targets are asked for
    found = targets(of, economy(waste=1.0, ordering=30.0), None)
    # THEN what is asked for after the shelf life counts as lost, and the order is for the next review
    assert found.cycles[0] == 1


def test_what_never_earns_back_an_order_is_not_ordered():
    # GIVEN an order that costs more than all the margin of two months
    of = needed(cycles=MOST_CYCLES)
    # WHEN the targets are asked for
    found = targets(of, economy(ordering=1e5), None)
    # THEN not even an empty shelf is filled
    assert found.reorder[0] == 0


@pytest.mark.parametrize("level", [0.5, 0.9, 0.98])
def test_a_service_level_is_the_chance_that_stock_lasts(level):
    # GIVEN goods that last
    of = needed(lead=7)
    # WHEN a service level is set
    found = targets(of, economy(), level)
    # THEN that share of the paths needs no more
    assert np.mean(of.by[1] <= found.upto[0]) == pytest.approx(level, abs=0.01)


def test_a_service_level_does_not_make_goods_spoil():
    # GIVEN goods of a week whose waste costs thrice what a sale earns
    of, costs = needed(life=7), economy(0.0, 1.0, 3.0)
    # WHEN a high service level is set
    found = targets(of, costs, 0.99)
    # THEN no more is kept than what pays
    assert found.upto == cheapest(of, costs, 1)


def test_what_is_lost_before_an_order_arrives_is_not_ordered_again():
    # GIVEN an empty shelf and two weeks until an order arrives
    empty, full = needed(lead=14), needed(lead=14, on_hand=10_000)
    # WHEN the needs are compared with those of a full shelf
    lost = full.by - empty.by
    # THEN the two weeks' demand is missing from them, on every path
    assert lost == pytest.approx(np.broadcast_to(full.by[0], lost.shape))
    assert np.mean(empty.lost) == pytest.approx(2 * MEAN, rel=0.02)
