"""What can be asked of recommendations, and the plain answer where no model gives one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce import questions
from commerce.actions import Action
from commerce.families import discover
from commerce.families.recommendations.profile import Profile
from commerce.questions import Known

FAMILY = discover()["recommendations"]
KINDS = FAMILY.route.kinds
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 2, 28)
OWN = Profile(as_of=DAY, own=[("milk", 0.6, 6, 7.4), ("rice", 0.2, 50, None)], new=[("figs", 0.3)])
SHOP = Profile(as_of=DAY, popular=["bread", "milk", "eggs", "salt"])


def question(kind, **fields):
    needed = {"for_you": {"customer_id": "c"}, "buy_again": {"customer_id": "c"}, "bundles": {"cart": ["x"]}}
    needed |= {"rerank": {"customer_id": "c", "products": ["salt", "milk"]}, "next": {"anonymous_id": "v"}}
    needed |= {name: {"product_id": "x"} for name in ("also_bought", "also_viewed", "similar")}
    return KINDS[kind].model_validate({"question": kind} | needed.get(kind, {}) | fields)


def answer(asked, actions=(), profile=OWN, shop=SHOP, shown=()):
    return FAMILY.route.baseline(asked, Known(list(actions), profile, shop, list(shown)), NOW, FAMILY.parameters())


def products(found):
    return [item.product_id for item in found.items]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("for_you", ["milk", "rice", "bread", "eggs", "salt"]),
        ("buy_again", ["milk", "rice"]),
        ("rerank", ["salt", "milk"]),
        *((kind, ["bread", "milk", "eggs", "salt"]) for kind in ("next", "also_bought", "also_viewed", "similar")),
        ("bundles", ["bread", "milk", "eggs", "salt"]),
        ("trending", ["bread", "milk", "eggs", "salt"]),
    ],
)
def test_the_plain_answer_is_what_was_bought_and_what_sells(kind, expected):
    # GIVEN what the batch job published of a customer and of the shop
    # WHEN each question is asked without a model
    found = answer(question(kind))
    # THEN the answer has each product once, and says who gives it
    assert products(found) == expected
    assert (found.source, found.question, found.as_of) == ("baseline", kind, DAY)


def test_what_was_bought_comes_with_the_day_it_is_due():
    # GIVEN a product bought six days ago that is usually bought again after a week, and one without a habit
    # WHEN it is asked what to buy again
    found = answer(question("buy_again"))
    # THEN the first is due tomorrow, of the other it is not known
    assert [item.due_on for item in found.items] == [DAY + timedelta(days=1), None]


def test_what_is_asked_about_is_not_recommended():
    # GIVEN questions about products that sell well
    # WHEN they are asked
    # THEN those products are not in the answers
    assert "bread" not in products(answer(question("similar", product_id="bread")))
    assert products(answer(question("bundles", cart=["bread", "milk"]))) == ["eggs", "salt"]


@pytest.mark.parametrize(
    ("controls", "expected"),
    [
        ({"exclude": ["milk"]}, ["rice", "bread", "eggs", "salt"]),
        ({"shown": ["milk", "bread"]}, ["rice", "eggs", "salt"]),
        ({"pin": ["wine", "salt"]}, ["wine", "salt", "milk", "rice", "bread", "eggs"]),
        ({"pin": ["wine", "salt"], "exclude": ["salt"]}, ["wine", "milk", "rice", "bread", "eggs"]),
        ({"bury": ["milk"]}, ["rice", "bread", "eggs", "salt", "milk"]),
        ({"exclude_bought": True}, ["bread", "salt"]),
    ],
)
def test_the_merchants_word_holds_without_a_model_too(controls, expected):
    # GIVEN what the merchant says of the answer, and an order of today
    ordered = [Action(kind="ordered", product_id="eggs", at=NOW), Action(kind="viewed", product_id="salt", at=NOW)]
    # WHEN a customer asks
    found = answer(question("for_you", controls=controls), ordered)
    # THEN it is followed as far as it can be without knowing the products
    assert products(found) == expected
    assert [item.product_id for item in found.items if item.choice == "pinned"] == [
        product for product in controls.get("pin", []) if product in expected
    ]


def test_without_a_model_too_what_was_shown_lately_is_left_out():
    # GIVEN products that a customer was shown, a pinned one among them
    asked = question("for_you", controls={"exclude_shown": True, "pin": ["wine"]})
    # WHEN they ask without them
    found = answer(asked, shown=["milk", "bread", "wine"])
    # THEN the rest is shown: a short answer rather than one that repeats
    assert products(found) == ["rice", "eggs", "salt"]


@pytest.mark.parametrize("kind", ["also_bought", "also_viewed", "similar", "bundles", "trending"])
def test_what_was_shown_is_left_out_for_somebody_alone(kind):
    # GIVEN a question that nobody in particular may ask
    assert question(kind).remembers_shown is False
    # WHEN it is to leave out what its visitor was shown
    # THEN it says that it has to know who that is
    with pytest.raises(ValidationError, match="give customer_id or anonymous_id: exclude_shown leaves out"):
        question(kind, controls={"exclude_shown": True})
    assert question(kind, controls={"exclude_shown": True}, anonymous_id="v").remembers_shown is True


def test_a_session_that_comes_with_its_question_is_nobody():
    # GIVEN a question with the session itself in place of a visitor
    session = {"anonymous_id": None, "recent": [{"product_id": "milk"}]}
    # WHEN it is to leave out what was shown
    # THEN it says that it has to know to whom
    with pytest.raises(ValidationError, match="exclude_shown"):
        question("next", controls={"exclude_shown": True}, **session)


@pytest.mark.parametrize("filters", [{"in_stock": True}, {"max_price": 3}, {"attributes": {"market": ["DE"]}}])
def test_a_filter_leaves_nothing_that_it_might_forbid(filters):
    # GIVEN a filter, which only a model can apply
    # WHEN a customer asks
    found = answer(question("for_you", filters=filters))
    # THEN nothing is shown, and the note says why
    assert (found.items, found.note) == ([], "filters cannot be applied without the model, so nothing is shown that "
            "they might forbid")  # fmt: skip


IDS = st.sampled_from(["milk", "rice", "bread", "eggs", "salt", "x"])
LISTS = st.lists(IDS, max_size=4)
CONTROLS = st.fixed_dictionaries(
    {},
    optional={"pin": LISTS, "exclude": LISTS, "shown": LISTS, "bury": LISTS, "exclude_bought": st.booleans()},
)
PROFILES = st.none() | st.builds(
    Profile,
    as_of=st.dates(date(2026, 1, 1), date(2026, 2, 28)),
    own=st.lists(st.tuples(IDS, st.floats(0, 1), st.integers(0, 3650), st.none() | st.floats(0, 3650)), max_size=5),
    popular=LISTS,
)


@given(st.sampled_from(list(KINDS)), CONTROLS, st.integers(1, 50), PROFILES, PROFILES, LISTS)
def test_the_plain_answer_keeps_its_word_whatever_is_asked_and_known(kind, controls, limit, profile, shop, lately):
    # GIVEN any question, and anything that may be known
    asked = question(kind, controls=controls, limit=limit)
    # WHEN it is asked without a model
    found = answer(asked, profile=profile, shop=shop, shown=lately)
    # THEN there are at most as many products as wanted, each once, in places from 1 on, none that is barred, and what
    # is buried comes last
    shown = products(found)
    assert len(shown) == len(set(shown)) <= limit
    assert [item.position for item in found.items] == list(range(1, len(shown) + 1))
    assert not set(shown) & {*asked.controls.exclude, *asked.controls.shown, *lately}
    buried = [product in asked.controls.bury for product in shown]
    assert buried == sorted(buried)
    assert (found.note is None) == bool(shown)
    # and it is the family's answer, as JSON too
    assert FAMILY.answer.model_validate_json(found.model_dump_json()) == found
    assert [each.item_id for each in FAMILY.route.shows(found.model_dump(mode="json"))] == shown


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("for_you", {"customer_id": None}, "give customer_id or anonymous_id"),
        ("rerank", {"customer_id": None}, "give customer_id or anonymous_id"),
        ("rerank", {"products": []}, "at least 1 item"),
        ("next", {"anonymous_id": None}, "or the session itself in recent"),
        ("buy_again", {"customer_id": None, "anonymous_id": "v"}, "give customer_id"),
        ("bundles", {"cart": []}, "at least 1 item"),
        ("similar", {"product_id": ""}, "at least 1 character"),
        ("trending", {"limit": 0}, "greater than or equal to 1"),
        ("trending", {"filters": {"min_price": 2, "max_price": 1}}, "min_price must not exceed max_price"),
        ("trending", {"filters": {"brands": []}}, "at least 1 item"),
        ("trending", {"controls": {"caps": {"colour": 1}}}, "caps.colour"),
        ("trending", {"controls": {"explore": 0.6}}, "less than or equal to 0.5"),
        ("trending", {"controls": {"boost": {"a": float("nan")}}}, "finite number"),
        ("trending", {"cart": ["x"]}, "Extra inputs are not permitted"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(kind, fields, words):
    # GIVEN a question with one mistake
    # WHEN it is asked
    # THEN what is wrong is told
    with pytest.raises(ValidationError, match=words):
        question(kind, **fields)


def test_a_session_can_stand_in_for_a_visitor():
    # GIVEN a session that the caller knows
    # WHEN the next product is asked for, of nobody in particular
    asked = question("next", anonymous_id=None, recent=[{"product_id": "milk"}])
    # THEN that is a question
    assert (asked.visitor, asked.recent[0].kind) == (None, "viewed")


def test_nobody_asks_as_the_shop():
    # GIVEN the name under which the shop's own profile is published
    # WHEN somebody asks as if it were a customer's
    # THEN the question is refused
    with pytest.raises(ValidationError, match="the shop as a whole"):
        question("for_you", customer_id=questions.SHOP)
