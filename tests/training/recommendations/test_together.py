"""Pairs beyond chance, what completes a cart, and what trends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.stats import chi2_contingency

from training.recommendations.bundles import complete, substitutes
from training.recommendations.together import Together, log_likelihood_ratio
from training.recommendations.trending import popular, trending

BREAD, BUTTER, JAM, BAG, TEA, COFFEE = range(6)


def matrix(baskets, n_items=6):
    rows = np.repeat(np.arange(len(baskets)), [len(b) for b in baskets])
    return csr_matrix((np.ones(len(rows)), (rows, np.concatenate(baskets).astype(int))), (len(baskets), n_items))


def fitted(baskets, **parameters):
    return Together(**parameters).fit(matrix(baskets))


BASKETS = [[BREAD, BUTTER, BAG]] * 20 + [[TEA, BAG]] * 20 + [[COFFEE, BAG]] * 20 + [[BREAD, BUTTER, JAM, BAG]] * 6
VIEWS = [[TEA, COFFEE]] * 30 + [[BREAD, BUTTER]] * 10 + [[JAM]] * 20


@given(st.lists(st.integers(1, 400), min_size=4, max_size=4))
def test_the_ratio_is_scipys(cells):
    # GIVEN a table of two items
    both, first, second, neither = cells
    # WHEN its ratio is computed
    found = log_likelihood_ratio(np.array(both), np.array(both + first), np.array(both + second), sum(cells))
    # THEN it is the library's
    library = chi2_contingency([[both, first], [second, neither]], correction=False, lambda_="log-likelihood")
    assert np.isclose(found, library.statistic, atol=1e-6)


def test_what_is_in_every_basket_goes_with_nothing():
    # GIVEN bags in every basket
    # WHEN pairs are counted
    together = fitted(BASKETS)
    # THEN butter goes with bread, and bags with nothing, however often they were together
    assert [n.item for n in together.of(BREAD)] == [BUTTER, JAM]
    assert together.of(BAG) == []
    first = together.of(BREAD)[0]
    assert (first.strength, first.baskets, round(first.lift, 2)) == (1.0, 26, 2.54)


def test_pairs_below_the_support_are_left_out():
    # GIVEN a pair in two baskets of many
    baskets = [[BREAD, JAM]] * 2 + [[TEA]] * 100
    # WHEN three are asked for
    # THEN it is not one; with two it is
    assert fitted(baskets, support=3).of(BREAD) == []
    assert [n.item for n in fitted(baskets, support=2).of(BREAD)] == [JAM]


def test_repeats_within_a_basket_count_once():
    # GIVEN the same items several times in each basket
    once, often = fitted(BASKETS), fitted([basket * 3 for basket in BASKETS])
    # WHEN pairs are looked at
    # THEN nothing differs
    assert all(once.of(item) == often.of(item) for item in range(6))


def test_only_the_strongest_are_kept_and_saved_as_they_are(tmp_path):
    # GIVEN one neighbour for each item
    together = fitted(BASKETS, neighbours=1)
    together.save(tmp_path, "bought")
    # WHEN it is loaded
    loaded = Together.load(tmp_path, "bought")
    # THEN it is the same, with the strongest alone
    assert [n.item for n in loaded.of(BREAD)] == [BUTTER]
    assert all(loaded.of(item) == together.of(item) for item in range(6))


def test_an_empty_shop_has_no_pairs():
    # GIVEN no basket
    together = Together().fit(csr_matrix((0, 6)))
    # WHEN asked
    # THEN there is nothing, and no error
    assert together.of(BREAD) == []
    assert complete([BREAD], together) == []


def test_a_cart_is_completed_by_what_goes_with_it():
    # GIVEN bread and butter in the cart
    # WHEN it is completed
    found = complete([BREAD, BUTTER, BREAD], fitted(BASKETS))
    # THEN by jam, which goes with both, and by nothing that is in it
    assert [(c.item, c.baskets) for c in found] == [(JAM, 6)]
    assert found[0].because in (BREAD, BUTTER)
    assert found[0].strength == pytest.approx(1.5 * np.sqrt(6 / 26))


def test_what_is_compared_and_not_bought_together_is_a_substitute():
    # GIVEN tea and coffee, which are viewed together, and bread and butter, which are viewed and bought together
    bought, viewed = fitted(BASKETS), fitted(VIEWS)
    # WHEN substitutes are told
    # THEN coffee replaces tea; butter does not replace bread
    assert substitutes([TEA], bought, viewed) == {COFFEE}
    assert substitutes([BREAD], bought, viewed) == set()


def test_nothing_excluded_completes_a_cart():
    # GIVEN jam excluded
    # WHEN the cart is completed
    # THEN without it
    assert complete([BREAD, BUTTER], fitted(BASKETS), exclude=[JAM]) == []


def test_a_product_trends_by_its_own_habit_and_not_by_the_shops_busy_week():
    # GIVEN a shop whose sales doubled in the last week, a product that grew sixfold, and one that no longer sells
    steady, rising, falling, never = range(4)
    usual, week = np.arange(112), np.arange(7)
    sales = {steady: [*usual.repeat(60), *week.repeat(60)], rising: [*usual, *week.repeat(5)], falling: usual[60:]}
    items = np.repeat(list(sales), [len(days) for days in sales.values()])
    # WHEN trends are told
    trend = trending(items, np.concatenate(list(sales.values())), 4)
    # THEN
    assert trend[rising] > 1
    assert abs(trend[steady]) < trend[rising] / 3
    assert trend[falling] < 0
    assert trend[never] == 0


def test_what_sold_much_long_ago_is_less_popular_than_what_sells_now():
    # GIVEN ten sales a year ago, and two today
    items, ages = np.repeat([0, 1], [10, 2]), np.repeat([365.0, 0.0], [10, 2])
    # WHEN
    # THEN
    assert popular(items, ages, 3).argsort().tolist() == [2, 0, 1]


def test_a_sale_of_the_future_is_refused():
    # GIVEN a sale after the as-of date
    # WHEN
    # THEN
    with pytest.raises(ValueError, match="after the as-of date"):
        trending(np.array([0]), np.array([-1.0]), 1)
