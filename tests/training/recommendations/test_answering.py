"""Every question gets a useful answer, whoever asks and whatever they know; what the merchant says holds."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.actions import Action
from tests.training.recommendations import grocery
from training.contract import TrainingError

NOW = datetime(grocery.LAST.year, grocery.LAST.month, grocery.LAST.day, tzinfo=UTC)
CUSTOMER = "c2"


def ids(answer):
    return [item.product_id for item in answer.items]


def did(kind, number, hours=1):
    return Action(kind=kind, product_id=grocery.product(number), at=NOW - timedelta(hours=hours))


def aisle(product_id):
    return int(product_id[1:]) % grocery.AISLES


def test_for_you_begins_with_what_the_customer_buys(run):
    # GIVEN a customer with habits
    # WHEN asked what is for them
    answer = run.ask("for_you", customer_id=CUSTOMER)
    # THEN their own products come first, with their rhythm as the reason
    assert answer.source == "model"
    assert [item.origin for item in answer.items[:3]] == ["bought"] * 3
    assert "about every" in answer.items[0].reason
    assert [item.position for item in answer.items] == list(range(1, 11))


def test_new_products_are_new_and_explained(run):
    # GIVEN the same customer, what they bought left out
    # WHEN asked
    answer = run.ask("for_you", customer_id=CUSTOMER, controls={"exclude_bought": True}, limit=5)
    # THEN nothing of theirs is shown, and the reason names what they bought or says whose taste it is
    own = {one[0] for one in run.published[CUSTOMER]["own"]}
    assert not own & set(ids(answer))
    assert answer.items[0].reason.startswith(("because you bought", "customers who buy"))


def test_who_is_unknown_gets_what_sells_and_is_told_so(run):
    # GIVEN a customer without a profile
    # WHEN asked
    answer = run.ask("for_you", customer_id="nobody", limit=3)
    # THEN it is a cold start
    assert answer.source == "cold_start"
    assert [item.origin for item in answer.items] == ["popular"] * 3


def test_what_was_just_looked_at_moves_the_list(run):
    # GIVEN a customer who has just looked at a product of another aisle
    other = (aisle(run.published[CUSTOMER]["own"][0][0]) + 1) % grocery.AISLES
    # WHEN asked with and without it
    plain = run.ask("for_you", customer_id=CUSTOMER)
    moved = run.ask("for_you", customer_id=CUSTOMER, actions=[did("viewed", other + grocery.AISLES)])
    # THEN products of that aisle are among the first
    assert other not in {aisle(i) for i in ids(plain)[:3]}
    assert other in {aisle(i) for i in ids(moved)[:3]}


def test_what_was_just_ordered_is_not_recommended_again(run):
    # GIVEN a customer who ordered their first product an hour ago
    first = int(ids(run.ask("buy_again", customer_id=CUSTOMER))[0][1:])
    # WHEN asked
    for question in ("for_you", "buy_again"):
        answer = run.ask(question, customer_id=CUSTOMER, actions=[did("ordered", first)])
        # THEN it is gone
        assert grocery.product(first) not in ids(answer)


def test_yesterdays_session_is_over(run):
    # GIVEN an action of two days ago
    # WHEN the next product is asked for
    answer = run.ask("next", anonymous_id="v", actions=[did("viewed", 7, hours=49)])
    # THEN it counts for nothing
    assert answer.source == "cold_start"


def test_next_goes_with_the_session_of_a_visitor_nobody_knows(run):
    # GIVEN a visitor who looks at an aisle
    # WHEN asked, by events and by what the caller tells
    told = run.ask("next", recent=[{"product_id": grocery.product(7)}, {"product_id": grocery.product(13)}], limit=3)
    known = run.ask("next", anonymous_id="v", actions=[did("viewed", 7, 2), did("viewed", 13)], limit=3)
    # THEN both get that aisle, and nothing that was seen
    assert ids(told) == ids(known)
    assert {aisle(i) for i in ids(told)} == {1}
    assert not {grocery.product(7), grocery.product(13)} & set(ids(told))
    assert "because you looked at" in told.items[0].reason


@pytest.mark.parametrize(("question", "words"), [("also_bought", "bought together"), ("also_viewed", "looked at")])
def test_also_bought_and_viewed_say_how_often(run, question, words):
    # GIVEN a product
    # WHEN asked what goes with it
    answer = run.ask(question, product_id=grocery.product(8), limit=3)
    # THEN its aisle does
    assert {aisle(i) for i in ids(answer)} == {8 % grocery.AISLES}
    assert words in answer.items[0].reason and "times" in answer.items[0].reason


def test_similar_finds_a_product_that_nobody_bought(run):
    # GIVEN the catalogue's newest product, without a sale
    new = grocery.product(grocery.PRODUCTS)
    # WHEN asked for what is like its neighbour, and like itself
    neighbours = run.ask("similar", product_id=grocery.product(12), limit=20)
    own = run.ask("similar", product_id=new, limit=5)
    # THEN it appears, and has neighbours
    assert new in ids(neighbours)
    assert len(own.items) == 5 and "similar to" in own.items[0].reason


def test_a_bundle_completes_the_cart(run):
    # GIVEN a cart of one aisle, with a product that this version does not know
    # WHEN asked
    answer = run.ask("bundles", cart=[grocery.product(9), "unheard-of", grocery.product(9)], limit=4)
    # THEN its companions come, and the unknown one is named
    assert {aisle(i) for i in ids(answer)} == {3}
    assert "unheard-of" in (answer.note or "")


def test_buy_again_says_when_it_is_due(run):
    # GIVEN a customer's own product with a rhythm
    product, _, age, gap = run.published[CUSTOMER]["own"][0]
    # WHEN asked
    item = run.ask("buy_again", customer_id=CUSTOMER, limit=1).items[0]
    # THEN the day follows from it
    assert (item.product_id, item.due_on) == (product, grocery.LAST + timedelta(days=round(gap) - age))


def test_buy_again_of_somebody_unknown_is_empty_with_a_note(run):
    # GIVEN a customer without a profile
    # WHEN asked
    answer = run.ask("buy_again", customer_id="nobody")
    # THEN
    assert answer.items == []
    assert "nothing is known of this customer" in (answer.note or "")


def test_trending_is_positive_growth(run):
    # GIVEN the shop
    # WHEN asked
    answer = run.ask("trending", limit=5)
    # THEN every product sells more than it used to
    assert answer.items and all(item.score > 0 for item in answer.items)


def test_rerank_keeps_the_products_and_puts_the_customers_first(run):
    # GIVEN products, one the customer's own, one unknown
    own = run.published[CUSTOMER]["own"][0][0]
    products = [grocery.product(58), grocery.product(47), own, "unheard-of"]
    # WHEN re-ranked
    answer = run.ask("rerank", customer_id=CUSTOMER, products=products)
    # THEN theirs leads, and what is not in the catalogue is named
    assert ids(answer)[0] == own
    assert set(ids(answer)) == set(products) - {"unheard-of"}
    assert "unheard-of" in (answer.note or "")


@pytest.mark.parametrize("question", ["also_bought", "also_viewed", "similar"])
def test_an_unknown_product_gets_a_useful_answer(run, question):
    # GIVEN a product that is not in the catalogue
    # WHEN asked
    answer = run.ask(question, product_id="unheard-of")
    # THEN it says so, as a cold start
    assert answer.source == "cold_start"
    assert "unheard-of" in (answer.note or "")


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"in_stock": True}, lambda n: n % 2 == 0),
        ({"categories": ["aisle1", "aisle2"]}, lambda n: n % grocery.AISLES in (1, 2)),
        ({"brands": ["brand3"]}, lambda n: n % 4 == 3),
        ({"min_price": 5, "max_price": 7}, lambda n: 5 <= n % 10 + 1 <= 7),
        ({"markets": ["AT"]}, lambda n: n % 2 == 1),
        ({"attributes": {"organic": ["true"]}}, lambda n: n % 3 == 0),
    ],
)
def test_filters_hold_for_every_product_shown(run, filters, holds):
    # GIVEN a filter
    # WHEN asked with it
    answer = run.ask("for_you", customer_id=CUSTOMER, filters=filters)
    # THEN it holds, and the answer is filled from what sells
    assert answer.items
    assert all(holds(int(i[1:])) for i in ids(answer))


def test_filters_that_leave_nothing_are_told(run):
    # GIVEN a filter that no product passes
    # WHEN asked
    answer = run.ask("for_you", customer_id=CUSTOMER, filters={"brands": ["none such"]})
    # THEN the answer is empty and says why
    assert answer.items == []
    assert "filters" in (answer.note or "")


def test_what_cannot_be_bought_is_never_shown(run):
    # GIVEN the one product that is switched off
    # WHEN it is pinned and given to re-rank
    pinned = run.ask("for_you", customer_id=CUSTOMER, controls={"pin": [grocery.product(0)]}, limit=50)
    given_ = run.ask("rerank", customer_id=CUSTOMER, products=[grocery.product(0), grocery.product(1)])
    # THEN it is in neither
    assert grocery.product(0) not in {*ids(pinned), *ids(given_)}


def test_pin_bury_exclude_and_caps_hold_together(run):
    # GIVEN all of them
    plain = ids(run.ask("for_you", customer_id=CUSTOMER, limit=50))
    controls = {
        "pin": [plain[20]],
        "bury": [plain[0]],
        "exclude": [plain[1]],
        "shown": [plain[2]],
        "caps": {"brand": 2},
    }
    # WHEN asked
    shown = ids(run.ask("for_you", customer_id=CUSTOMER, controls=controls, limit=50))
    # THEN each holds
    assert shown[0] == plain[20]
    assert not {plain[1], plain[2]} & set(shown)
    assert plain[0] not in shown[:-1]
    assert max(Counter(int(i[1:]) % 4 for i in shown).values()) <= 2 + (plain[0] in shown)


def test_what_was_shown_lately_is_left_out(run):
    # GIVEN the customer's best products, shown lately, one of them pinned, and one that the shop does not know
    plain = ids(run.ask("for_you", customer_id=CUSTOMER, limit=6))
    # WHEN asked without them
    controls = {"exclude_shown": True, "pin": plain[:1]}
    shown = [*plain[:3], "unheard-of"]
    again = ids(run.ask("for_you", customer_id=CUSTOMER, controls=controls, shown=shown, limit=3))
    # THEN the next best are shown
    assert again == plain[3:]


def test_an_answer_is_rather_short_than_shows_something_again(run):
    # GIVEN products to re-rank, of which all but one were shown lately
    given_ = [grocery.product(number) for number in (1, 2, 3)]
    controls = {"exclude_shown": True}
    # WHEN asked without what was shown
    answer = run.ask("rerank", customer_id=CUSTOMER, products=given_, controls=controls, shown=given_[1:])
    # THEN the one is all there is, and the note says why
    assert ids(answer) == given_[:1]
    assert "no more products pass the filters and controls" in (answer.note or "")


def test_exploration_is_recorded_with_its_chances(run):
    # GIVEN a share of places left to chance
    controls = {"explore": 0.5}
    # WHEN asked with different seeds, and twice with the same
    answers = [run.ask("for_you", customer_id=CUSTOMER, controls=controls, seed=seed) for seed in range(8)]
    again = run.ask("for_you", customer_id=CUSTOMER, controls=controls, seed=0)
    # THEN some places were explored, each with a chance below 1, and the seed decides
    explored = [item for answer in answers for item in answer.items if item.choice == "explored"]
    assert explored and all(0 < item.propensity < 1 for item in explored)
    assert answers[0] == again


def test_diversity_spreads_over_aisles(run):
    # GIVEN a customer of one aisle
    # WHEN asked with and without diversity
    alike = run.ask("for_you", customer_id=CUSTOMER, limit=8)
    spread = run.ask("for_you", customer_id=CUSTOMER, limit=8, controls={"diversity": 0.9})
    # THEN more aisles are shown
    assert len({aisle(i) for i in ids(spread)}) > len({aisle(i) for i in ids(alike)})


def test_margin_alone_orders_by_margin(run):
    # GIVEN a weight of margin of one
    # WHEN asked
    shown = ids(run.ask("for_you", customer_id=CUSTOMER, controls={"margin_weight": 1.0}, limit=5))
    # THEN the margin, price less one, falls
    margins = [int(i[1:]) % 10 for i in shown]
    assert margins == sorted(margins, reverse=True)


def test_a_question_that_is_none_is_refused(run):
    # GIVEN a question that nobody knows
    # WHEN asked
    # THEN the refusal lists those there are
    with pytest.raises(TrainingError, match="for_you"):
        run.ask("horoscope")


PRODUCTS = st.sampled_from([*(grocery.product(n) for n in range(0, grocery.PRODUCTS, 7)), "unheard-of", "p", "€"])


@settings(max_examples=40)
@given(
    st.sampled_from(["for_you", "next", "buy_again", "rerank", "bundles", "similar"]),
    st.lists(PRODUCTS, min_size=1, max_size=8),
    st.integers(1, 50),
    st.booleans(),
)
def test_no_question_fails_and_no_product_is_shown_twice(run, question, products, limit, known):
    # GIVEN any question about any products by somebody known or not
    fields = {"rerank": {"products": products}, "bundles": {"cart": products}, "similar": {"product_id": products[0]}}
    whose = {} if question in ("bundles", "similar") else {"customer_id": CUSTOMER if known else "nobody"}
    actions = [Action(kind="viewed", product_id=p, at=NOW) for p in products]
    # WHEN asked
    answer = run.ask(question, **whose, **fields.get(question, {}), limit=limit, actions=actions)
    # THEN there are at most so many distinct products, in order, with words, and a note where there are fewer
    assert len(set(ids(answer))) == len(answer.items) <= limit
    assert all(item.reason and 0 < item.propensity <= 1 for item in answer.items)
    assert answer.as_of == date(2025, 9, 1)
