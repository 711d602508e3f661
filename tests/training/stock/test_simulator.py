"""The replay counts what happens: nothing appears or vanishes, the oldest goes first, no policy sees the future."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from commerce.families.demand.answer import LEVELS
from training.stock.dependence import Dependence
from training.stock.leadtimes import LeadTimes
from training.stock.policies import Sampled, moving_average, normal_ss
from training.stock.simulator import Outcome, Replay, Shelf, Stock, simulate
from training.stock.terms import Policy, Terms, complete


def terms(count: int, policy: Policy, life: float = np.nan, **more: float) -> Terms:
    """Products that cost 2 and are sold for 3, if nothing else is said."""
    names = [f"p{k}" for k in range(count)]
    values = {"unit_cost": 2.0, "price": 3.0, "shelf_life_days": life, **more}
    return complete(np.array(names), pd.DataFrame({"product_id": names, **values}), policy)


def replay(demand: np.ndarray, lead: int = 0, opening: float = 0.0, counted: int = 0) -> Replay:
    """Orders that all take `lead` days."""
    return Replay(demand, np.full(demand.shape, lead), np.full(len(demand), opening), counted)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), life=st.sampled_from([np.nan, 1.0, 3.0, 9.0]), lead=st.integers(0, 6))
def test_units_are_conserved(seed, life, lead):
    # GIVEN any orders on any day, and what a review the day after the last sees
    rng = np.random.default_rng(seed)
    days, of, seen = 15, terms(3, Policy(), life), []
    demand, quantities = (rng.integers(0, most, (3, days + 1)).astype(float) for most in (6, 9))

    def ordered(shelf: Shelf) -> np.ndarray:
        seen.append(shelf)
        return quantities[:, shelf.day]

    # WHEN replayed up to the last day, and one more
    found = simulate(replay(demand[:, :days], lead, opening=4.0), of, 1, ordered)
    simulate(replay(demand, lead, opening=4.0), of, 1, ordered)
    # THEN what came is sold, wasted, on hand or on its way
    there = seen[-1].on_hand + seen[-1].on_order
    assert found.sold + found.wasted + there == pytest.approx(4.0 + quantities[:, :days].sum(axis=1))
    assert np.all(found.sold <= found.demand)


def test_a_known_week_costs_what_is_counted_by_hand():
    # GIVEN 2 units a day, 5 on hand, an order of 4 on the first day that arrives on the fourth
    policy = Policy(ordering_cost=1.0, holding_rate=3.65)
    demand = np.full((1, 6), 2.0)
    # WHEN replayed
    found = simulate(replay(demand, 3, opening=5.0), terms(1, policy), 6, lambda _shelf: np.array([4.0]))
    # THEN days sell 2, 2, 1, 2, 2, 0 and end with 3, 1, 0, 2, 0, 0
    assert (found.sold[0], found.held[0], found.wasted[0], found.orders[0]) == (9.0, 6.0, 0.0, 1.0)
    assert (found.reviews[0], found.served[0]) == (1.0, 0.0)
    # AND 6 unit-days at 2 % of 2 and 3 sales lost at 1, with one order at 1, cost as much
    assert found.cost(terms(1, policy), policy) == pytest.approx([6 * 0.02 + 3 * 1 + 1])


def test_the_oldest_units_are_sold_first_and_spoil_at_the_end_of_their_days():
    # GIVEN 3 units that can be sold for two days, and 3 more the day after
    shelf = Stock(np.array([3.0]), np.array([2.0]))
    # WHEN one is sold on the first day, and one on the second
    shelf.sell(np.array([1.0]))
    first = shelf.age()
    shelf.add(np.array([3.0]))
    shelf.sell(np.array([1.0]))
    second = shelf.age()
    # THEN one of the first three spoils, and the others stay
    assert (first[0], second[0], shelf.units()[0]) == (0.0, 1.0, 3.0)


def test_goods_that_last_stand_beside_goods_that_spoil():
    # GIVEN two units of each
    shelf = Stock(np.array([2.0, 2.0]), np.array([np.inf, 1.0]))
    # WHEN a day ends THEN only the one spoils
    assert shelf.age().tolist() == [0.0, 2.0]
    assert shelf.units().tolist() == [2.0, 0.0]


def test_days_that_warm_up_are_not_counted():
    # GIVEN stock for the first week only
    demand = np.ones((1, 14))
    # WHEN the second week is counted
    found = simulate(replay(demand, opening=7.0, counted=7), terms(1, Policy()), 7, lambda _shelf: np.zeros(1))
    # THEN nothing was sold in it
    assert (found.demand[0], found.sold[0], found.days) == (7.0, 0.0, 7)


def counts(days: int, rate: float = 3.0, series: int = 30) -> np.ndarray:
    """(series, days) Poisson demand."""
    return np.random.default_rng(5).poisson(rate, (series, days)).astype(float)


BACK, DAYS, LEAD = 56, 84, 3


def simple(demand: np.ndarray, of: Terms, policy: Policy, name: str):
    """A simple policy that looks back on 56 days."""

    def window(day: int) -> np.ndarray:
        return demand[:, day : day + BACK]

    if name == "moving_average":
        return moving_average(window, policy.review_days + LEAD, 1.3, of)
    return normal_ss(window, (float(LEAD), 0.0), 0.95, of, policy)


def sampled(forecast: np.ndarray, of: Terms, policy: Policy) -> Sampled:
    """Ours, by a forecast (series, steps, levels) of weeks that never changes."""
    draws, times = Dependence(0.0, 0.0).draws(forecast.shape[1], 0), LeadTimes.stated(float(LEAD), 0.0)
    return Sampled(lambda day: (forecast, day % 7), draws, 7, times, of, policy)


def true_forecast(series: int, rate: float = 3.0) -> np.ndarray:
    """Quantiles of a week's Poisson demand, normal enough."""
    week = norm.ppf(LEVELS, 7 * rate, np.sqrt(7 * rate))
    return np.broadcast_to(week, (series, 5, len(LEVELS)))


@pytest.mark.parametrize("name", ["moving_average", "normal"])
def test_no_policy_sees_the_demand_of_the_days_to_come(name):
    # GIVEN two pasts that differ from day 40 of the replay on
    policy = Policy(ordering_cost=0.5)
    demand = counts(BACK + DAYS)
    other = demand.copy()
    other[:, BACK + 40 :] += 50
    of, seen = terms(len(demand), policy), ([], [])
    # WHEN replayed
    for history, orders in zip((demand, other), seen, strict=True):
        placed = simple(history, of, policy, name)

        def kept(shelf: Shelf, placed=placed, orders=orders) -> np.ndarray:
            orders.append((shelf.day, placed(shelf)))
            return orders[-1][1]

        simulate(replay(history[:, BACK:], LEAD, opening=30), of, 7, kept)
    # THEN orders up to that day are the same, and later ones are not
    same = [np.array_equal(a, b) for (_, a), (_, b) in zip(*seen, strict=True)]
    assert same == [day <= 40 for day, _ in seen[0]]


def cost(found: Outcome, of: Terms, policy: Policy) -> float:
    """Of all series together."""
    return float(found.cost(of, policy).sum())


@pytest.mark.parametrize("ordering_cost", [0.0, 1.0])
@pytest.mark.parametrize("life", [np.nan, 10.0])
def test_where_the_forecast_is_right_sampled_orders_cost_least(life, ordering_cost):
    # GIVEN demand whose distribution the forecast knows
    policy = Policy(ordering_cost=ordering_cost)
    demand = counts(BACK + DAYS)
    of = terms(len(demand), policy, life)
    past = replay(demand[:, BACK:], LEAD, opening=30, counted=14)
    # WHEN replayed with ours and with both simple policies
    ours = simulate(past, of, 7, sampled(true_forecast(len(demand)), of, policy))
    others = [simulate(past, of, 7, simple(demand, of, policy, name)) for name in ("moving_average", "normal")]
    # THEN ours costs less than each, and loses few sales where goods last
    assert cost(ours, of, policy) < min(cost(found, of, policy) for found in others)
    assert np.isfinite(life) or ours.sold.sum() / ours.demand.sum() > 0.97


def test_the_service_level_asked_for_is_the_one_that_comes():
    # GIVEN demand whose distribution the forecast knows, and a service level
    policy = Policy(service_level=0.9)
    demand = counts(BACK + 350, series=40)
    of = terms(len(demand), policy)
    # WHEN replayed for a year
    found = simulate(
        replay(demand[:, BACK:], LEAD, opening=30, counted=14), of, 7, sampled(true_forecast(40), of, policy)
    )
    # THEN about that share of the times between two reviews lost no sale
    assert found.served.sum() / found.reviews.sum() == pytest.approx(0.9, abs=0.04)
