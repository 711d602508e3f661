"""When stock runs out, how long it lasts, what of it does not sell, and what a lower price recovers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.training.stock import made
from training.stock.markdown import markdown
from training.stock.risk import by_period, days_of_cover, first_dates, unsold
from training.stock.terms import Policy, complete

EXACT = made.normal(7, 1e-6)
"""Seven units a week, one a day."""


def test_stock_runs_out_in_the_period_in_which_it_is_sold():
    # GIVEN 16 units that sell one a day
    stock = made.holdings([16.0])
    # WHEN the risk is asked for
    found = by_period(made.paths(EXACT), stock, made.leads(5, stock))
    # THEN it is in the third week
    assert found.tolist() == [[0.0, 0.0, 1.0, 1.0]]


def test_an_order_that_arrives_in_time_moves_the_risk_and_one_that_is_late_does_not():
    # GIVEN 10 units on hand and 10 on order, due before or after the first are sold
    stock = made.holdings([10.0, 10.0], [10.0, 10.0], [9.0, 12.0])
    # WHEN the risk is asked for
    found = by_period(made.paths(np.repeat(EXACT, 2, axis=0)), stock, made.leads(30, stock))
    # THEN
    assert found.tolist() == [[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0]]


def test_first_dates_lie_where_the_chance_passes():
    # GIVEN a chance that grows to 10 % in the first week, to 50 % in the second, and stays
    chances = np.array([[0.1, 0.5, 0.5]])
    starts = tuple(made.MONDAY + timedelta(days=7 * week) for week in range(3))
    # WHEN asked on the Wednesday of the first, when five days of it are left
    found = first_dates(chances, starts, 7, made.MONDAY + timedelta(days=2))
    # THEN 5 % is reached halfway through these, 20 % a quarter into the second week, 50 % at its end
    assert found == [[date(2026, 3, 6), date(2026, 3, 10), date(2026, 3, 16)]]


def test_a_chance_that_is_never_reached_has_no_date():
    # GIVEN stock that surely lasts
    found = first_dates(np.zeros((1, 2)), (made.MONDAY, made.MONDAY + timedelta(days=7)), 7, made.MONDAY)
    # WHEN asked THEN
    assert found == [[None, None, None]]


@pytest.mark.parametrize(
    ("units", "elapsed", "days"), [(3.5, 0, 3.5), (7, 0, 7), (10.5, 0, 8.75), (21, 0, 14), (30, 0, 20), (5, 2, 5)]
)
def test_cover_is_in_days_of_expected_demand(units, elapsed, days):
    # GIVEN one unit a day in the first week, two in the second, 1.5 after the forecast
    mean = np.array([[7.0, 14.0]])
    # WHEN asked how long units last THEN
    assert days_of_cover(mean, np.array([float(units)]), 7, elapsed) == pytest.approx([days])


def test_what_does_not_sell_lasts_for_ever():
    # GIVEN no expected demand WHEN asked how long one unit, and none, last THEN
    assert days_of_cover(np.zeros((2, 3)), np.array([1.0, 0.0]), 7, 0.0).tolist() == [np.inf, 0.0]


def test_unsold_is_what_is_left_after_the_shelf_life():
    # GIVEN 50 units of one a day, that last, or two weeks
    stock = made.holdings([50.0, 50.0])
    # WHEN asked THEN
    found = unsold(made.paths(np.repeat(EXACT, 2, axis=0)), stock, np.array([np.inf, 14.0]))
    assert found == pytest.approx([22.0, 36.0], abs=0.01)


def terms(policy: Policy, life: float):
    """Sold for 3, bought for 2."""
    rows = pd.DataFrame([{"product_id": "p", "unit_cost": 2.0, "price": 3.0, "shelf_life_days": life}])
    return complete(np.array(["p"]), rows, policy)


def test_a_markdown_recovers_what_would_spoil():
    # GIVEN 28 units, of which 14 sell in the two weeks after which all spoil, and demand that doubles for 30 % off
    policy = Policy(elasticity=-2.0)
    # WHEN a markdown is asked for
    share, recovered = markdown(made.paths(EXACT), np.array([28.0]), terms(policy, 14), policy)
    # THEN it is the one that just sells all: 28 units at 70 % of the price instead of 14 at the whole
    assert share == pytest.approx([0.3])
    assert recovered == pytest.approx([28 * 0.7 * 3 - 14 * 3], abs=0.01)


def test_what_sells_anyway_or_keeps_its_worth_is_not_marked_down():
    # GIVEN stock that sells, and stock that lasts and is worth its cost
    policy = Policy()
    # WHEN a markdown is asked for THEN there is none
    for units, life in ((10.0, 14.0), (40.0, np.nan)):
        share, recovered = markdown(made.paths(EXACT), np.array([units]), terms(policy, life), policy)
        assert (share[0], recovered[0]) == (0.0, 0.0)
