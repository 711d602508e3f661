"""A budget buys what is worth most."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.stock.budget import allocate

SIZES = 3
gains = st.lists(st.floats(0.01, 10), min_size=SIZES, max_size=SIZES).map(lambda g: np.cumsum(sorted(g, reverse=True)))


def best(units: np.ndarray, benefit: np.ndarray, cost: np.ndarray, budget: float) -> float:
    """The most that any choice within the budget is worth."""
    found = 0.0
    for choice in itertools.product(range(SIZES + 1), repeat=len(units)):
        size = np.array([units[row, k - 1] if k else 0.0 for row, k in enumerate(choice)])
        worth = sum(benefit[row, k - 1] for row, k in enumerate(choice) if k)
        if (size * cost).sum() <= budget + 1e-9:
            found = max(found, worth)
    return found


def worth(bought: np.ndarray, units: np.ndarray, benefit: np.ndarray) -> float:
    """What was bought is worth."""
    return sum(benefit[row, list(units[row]).index(size)] for row, size in enumerate(bought) if size)


@settings(max_examples=60, deadline=None)
@given(benefit=st.lists(gains, min_size=1, max_size=4).map(np.array), budget=st.integers(0, 14))
def test_of_packs_that_cost_the_same_the_best_are_bought(benefit, budget):
    # GIVEN products whose units cost 1 each and are worth ever less
    units = np.tile(np.arange(1.0, SIZES + 1), (len(benefit), 1))
    # WHEN the budget is spent
    bought = allocate(units, benefit, np.ones(len(benefit)), budget)
    # THEN nothing else would be worth more
    assert worth(bought, units, benefit) >= best(units, benefit, np.ones(len(benefit)), budget) - 1e-9


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(gains, st.floats(0.5, 5)), min_size=1, max_size=4),
    budget=st.floats(0, 40),
)
def test_otherwise_what_is_missed_is_less_than_one_increment(rows, budget):
    # GIVEN products of any cost
    benefit, cost = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    units = np.tile(np.arange(1.0, SIZES + 1), (len(rows), 1))
    # WHEN the budget is spent
    bought = allocate(units, benefit, cost, budget)
    # THEN it is kept, and falls short of the best by less than the most valuable increment
    assert (bought * cost).sum() <= budget + 1e-9
    assert worth(bought, units, benefit) >= best(units, benefit, cost, budget) - benefit[:, 0].max() - 1e-9


def test_a_large_first_order_is_weighed_as_a_whole():
    # GIVEN one product whose first unit is worth nothing without its second, and one worth a little less by unit
    units, benefit = np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([[0.0, 10.0], [4.0, 8.0]])
    # WHEN two units can be bought
    bought = allocate(units, benefit, np.ones(2), 2.0)
    # THEN both are the first product's
    assert bought.tolist() == [2.0, 0.0]


def test_what_is_worth_nothing_is_not_bought():
    # GIVEN a second unit that costs more than it saves, and money for all
    bought = allocate(np.array([[1.0, 2.0]]), np.array([[3.0, 2.0]]), np.ones(1), 100.0)
    # WHEN bought THEN it is left
    assert bought.tolist() == [1.0]
