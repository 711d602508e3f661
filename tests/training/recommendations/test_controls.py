"""What the merchant decides holds, whatever the model scores."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.recommendations.controls import Controls, choose

ITEMS, SCORES = np.arange(10, 20), np.linspace(1, 0.1, 10)


def items(shown):
    return [one.item for one in shown]


def test_without_controls_the_model_decides():
    # GIVEN scored candidates
    # WHEN three are chosen
    shown = choose(ITEMS, SCORES, Controls(places=3))
    # THEN they are the best
    assert items(shown) == [10, 11, 12]
    assert {(one.why, one.propensity) for one in shown} == {("model", 1.0)}


def test_pins_come_first_and_what_is_excluded_never():
    # GIVEN pins, of which one is excluded and one is no candidate
    controls = Controls(places=4, pin=(19, 11, 99, 18), exclude=frozenset({11, 10}))
    # WHEN
    shown = choose(ITEMS, SCORES, controls)
    # THEN
    assert items(shown) == [19, 18, 12, 13]
    assert [one.why for one in shown] == ["pinned", "pinned", "model", "model"]


def test_boosts_and_buries():
    # GIVEN the last item boosted above the first, which is buried
    # WHEN
    shown = choose(ITEMS, SCORES, Controls(places=2, boost={18: 20.0, 10: 0.01}))
    # THEN
    assert items(shown) == [18, 11]


def test_margin_decides_as_much_as_it_is_weighted():
    # GIVEN margins against the scores' order
    margin = np.arange(10.0)
    # WHEN it weighs nothing, and everything
    # THEN
    assert items(choose(ITEMS, SCORES, Controls(places=1), margin=margin)) == [10]
    assert items(choose(ITEMS, SCORES, Controls(places=1, margin_weight=1.0), margin=margin)) == [19]


def test_a_diverse_answer_does_not_repeat_itself():
    # GIVEN two kinds of product, the first four alike
    vectors = np.repeat(np.eye(2), [4, 6], axis=0)
    # WHEN diversity is asked for
    # THEN the second place goes to the other kind
    assert items(choose(ITEMS, SCORES, Controls(places=2, diversity=0.6), vectors=vectors)) == [10, 14]
    assert items(choose(ITEMS, SCORES, Controls(places=2), vectors=vectors)) == [10, 11]


def test_a_cap_on_what_products_do_not_have_is_refused():
    # GIVEN a cap on brands, and no brands
    # WHEN
    # THEN
    with pytest.raises(ValueError, match="brand"):
        choose(ITEMS, SCORES, Controls(caps={"brand": 1}))


@given(
    st.integers(0, 12),
    st.sets(st.integers(8, 21)),
    st.lists(st.integers(8, 21), max_size=4),
    st.integers(1, 4),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 2**32 - 1),
)
def test_controls_hold_together(places, excluded, pin, cap, explore, diversity, seed):
    # GIVEN any controls
    rng = np.random.default_rng(seed)
    categories = np.arange(10) % 3
    controls = Controls(
        places=places,
        exclude=frozenset(excluded),
        pin=tuple(pin),
        caps={"category": cap},
        explore=explore,
        diversity=diversity,
    )
    # WHEN items are chosen
    shown = choose(ITEMS, SCORES, controls, groups={"category": categories}, vectors=np.eye(10), rng=rng)
    # THEN each is a candidate, at most once, not excluded, no group is over its cap, and chances are chances
    found = items(shown)
    assert len(set(found)) == len(found) <= places
    assert set(found) <= set(ITEMS.tolist()) - excluded
    assert max(Counter((np.array(found, dtype=int) - 10) % 3).values(), default=0) <= cap
    assert all(0 < one.propensity <= 1 for one in shown)


def test_logged_chances_are_those_of_the_draw():
    # GIVEN half of the places exploring among five
    controls, rng = Controls(places=1, explore=0.5, explore_among=5), np.random.default_rng(0)
    # WHEN many answers are drawn
    drawn = [choose(ITEMS, SCORES, controls, rng=rng)[0] for _ in range(4000)]
    # THEN each item comes as often as its propensity says
    shares = Counter(one.item for one in drawn)
    chances = {one.item: one.propensity for one in drawn}
    assert chances == {10: 0.6, 11: 0.1, 12: 0.1, 13: 0.1, 14: 0.1}
    assert all(abs(shares[item] / 4000 - chance) < 0.03 for item, chance in chances.items())


def test_no_candidate_is_an_empty_answer():
    # GIVEN nothing
    # WHEN
    # THEN
    assert choose(np.array([], int), np.array([]), Controls(pin=(1,), explore=0.5), rng=np.random.default_rng(0)) == []
