"""What a condition may say, and that no text can do anything but be a condition or be refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commerce.campaigns.condition import parse, vocabulary
from commerce.conditions import MAX_CHARACTERS, Condition, ConditionError, Open

ANNA = {
    "customer": {"id": "anna", "country": "DE", "known_days": 400, "traits": {"income": "high", "age": 41}},
    "orders": {"count": 4, "spend": 120.0, "count_90d": 0, "last_days_ago": 95},
    "bought": {"departments": ["GROCERY", "FUEL"], "categories": []},
    "letters": {"sent_30d": 1, "opened_90d": 0, "clicked_90d": 0},
    "scores": {"churn": {"probability": 0.7}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("scores.churn.probability > 0.6 && orders.count >= 3", True),
        ("orders.count > 3.5", True),
        ("orders.spend > 100 ? customer.country == 'DE' : false", True),
        ("!(orders.count_90d > 0)", True),
        ("!has(customer.traits.newsletter)", True),
        ('"FUEL" in bought.departments && size(bought.categories) == 0', True),
        ('bought.departments.exists(d, d.startsWith("GROC"))', True),
        ('customer.traits.income == "high" || customer.traits.age > 60', True),
        ('customer.traits["income"] in ["low", "middle"]', False),
        ("has(scores.churn)", True),
        ("orders.usual_gap_days < 30.0", None),
        ("customer.traits.shoe_size > 40", None),
        ("customer.traits.income > 3", None),
        ("customer.traits.income", None),
        ("orders.usual_gap_days < 30.0 || orders.count == 4", True),
        ("1 / orders.count_90d > 0", None),
    ],
)
def test_a_condition_holds_does_not_or_cannot_be_said(text, expected):
    # GIVEN a condition about Anna, of whom not everything is known
    condition = parse(text)
    # WHEN it is asked
    # THEN
    assert condition.holds(ANNA) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write `true`"),
        ("orders.count >", "character 15"),
        ("nope > 1", "there is no nope; there are bought, customer"),
        ("false && nope > 1", "there is no nope"),
        ("true || nope.count > 1", "there is no nope"),
        ("true ? true : nope", "there is no nope"),
        ("has(nope.count)", "there is no nope"),
        ("false && orders.cuont > 1", "there is no orders.cuont; orders has: average, count"),
        ('false && orders["cuont"] > 1', "there is no orders.cuont"),
        ("orders.count.total > 1", "orders.count is a value"),
        (".orders.count > 1", "before the dot"),
        ("orders == 3", "orders is no value"),
        ("orders.count", "gives a value, not true or false"),
        ("orders.count > 3 ? 1 : true", "`1` gives a value"),
        ("false && orders.count > 'a'", "unlike types"),
        ("orders.count == '3'", "compares a number with a text"),
        ("orders.spend > 1.0 && customer.country.size() > orders.spend / 2", "unlike types"),
        ("orders.count.startsWith('4')", "a function on what it is not made for"),
        ("[1, 2].map(x, [1, 2]) == []", "map cannot be used"),
        ("customer.id.matches('(a+)+$')", "matches cannot be used"),
        ("customer.id . matches ('a')", "matches cannot be used"),
        ("now() > 3", "now cannot be used"),
        ("[1].exists(x, [2].exists(y, y == x))", "at most 1"),
        ("d == 'a' && bought.departments.exists(d, d == 'a')", "there is no d"),
        ("bought.departments.exists(orders, orders == 'a')", "orders is taken"),
        ("customer.id == 'a' // .map(", "comment"),
        ("customer.id == r'a'", "plain quotes"),
        ("customer.id == '''a'''", "plain quotes"),
        ("{'a': 1}.a == 1", "'{' at character 1"),
        ("customer.id == 'a' && " * 100 + "true", f"more than {MAX_CHARACTERS}"),
    ],
)
def test_what_is_no_condition_is_refused_with_a_reason(text, said):
    # GIVEN a text that asks for what there is not, or is not true or false
    # WHEN it is parsed
    with pytest.raises(ConditionError) as caught:
        parse(text)
    # THEN the message says why
    assert said in str(caught.value)


def test_a_condition_tells_what_it_asks_for_in_the_order_of_first_mention():
    # GIVEN
    condition = parse('scores.churn.probability > 0.5 && (orders.count > 1 || customer.traits.a == "orders.spend")')
    # WHEN its names are read
    # THEN text in quotes is none
    assert condition.names == ("scores.churn.probability", "orders.count", "customer.traits.a")


def test_below_an_open_part_any_name_may_be_asked_for():
    # GIVEN a vocabulary with an open part
    words = {"shop": {"name": "text", "more": Open()}}
    # WHEN a condition asks for something below it, and one for something beside it
    condition = Condition.parse("shop.more.colour == 'red'", words)
    with pytest.raises(ConditionError):
        Condition.parse("shop.colour == 'red'", words)
    # THEN the first is a condition
    assert condition.holds({"shop": {"more": {"colour": "red"}}}) is True


_WORDS = """orders customer bought scores churn traits count id departments probability x d true false null in has
size int double string timestamp exists all exists_one map filter matches startsWith contains endsWith duration"""
_SIGNS = """0 1 3 1.5 0x7fffffffffffffff 9223372036854775807 9223372036854775808 1e400 1u 'a' "b" '' '\\u00e9' '\\x'
( ) [ ] { } . , ? : && || ! == != < <= > >= + - * / % // ' " ` \\ ; @ $ r'a' b'a' é 😀"""
_FRAGMENTS = st.sampled_from([*_WORDS.split(), *_SIGNS.split()])
_TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(_FRAGMENTS, max_size=25).map("".join),
    st.lists(_FRAGMENTS, max_size=25).map(" ".join),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=1500)
@given(text=_TEXTS, values=st.dictionaries(st.sampled_from(sorted(ANNA)), _VALUES, max_size=5))
@example(text="1 == 1 < true", values={})
@example(text="!" * 1990 + "true", values={})
@example(text="(" * 900 + "true" + ")" * 900, values={})
@example(text="!(" * 500 + "true" + ")" * 500, values={})
@example(text="-" * 1980 + "orders.count > 0", values={})
@example(text="[" * 900 + "]" * 900 + " == []", values={})
@example(text="true?" * 300 + "true" + ":true" * 300, values={})
@example(text="true" + "?true:true" * 190, values={})
@example(text="orders.count" + "[0]" * 600 + " > 0", values={})
@example(text="customer.traits" + ".a" * 900 + " == 1", values={})
@example(text="\ud800 == 'a'", values={})
@example(text="customer.id == '\ud800'", values={"customer": {"id": "\ud800"}})
@example(text="true", values={"orders": ANNA})
def test_no_text_does_anything_but_be_a_condition_or_be_refused(text, values):
    # GIVEN any text and any values
    words, before = vocabulary(), repr(values)
    start = time.perf_counter()
    # WHEN it is parsed and asked
    try:
        condition = Condition.parse(text, words)
    except ConditionError as error:
        # THEN it is refused with a reason
        assert str(error)
    else:
        # THEN or it holds, does not, or cannot be said
        assert condition.holds(ANNA) in (True, False, None)
        assert condition.holds(values) in (True, False, None)
    # THEN at once, and nothing has changed
    assert time.perf_counter() - start < 2
    assert words == vocabulary()
    assert repr(values) == before


def test_the_longest_work_that_a_text_can_ask_for_is_short():
    # GIVEN a list and a question about each of its items, together as long as a condition may be
    text = "[" + "1," * 480 + "1].all(x, " + "x<2&&" * 200 + "true)"
    assert len(text) < MAX_CHARACTERS
    # WHEN it is parsed and asked
    start = time.perf_counter()
    condition = parse(text)
    # THEN
    assert condition.holds(ANNA) is True
    assert time.perf_counter() - start < 5
