"""`shopkeeper ask` against a server that answers as the API does."""

import json

import pytest

from commerce.families import discover
from commerce.questions import Answered

FAMILY = discover()["recommendations"]
ROUTE = "POST /v1/recommendations"
ITEMS = [
    {"product_id": "839", "position": 1, "name": "Tea [loose]", "score": 0.51234, "reason": "r", "origin": "due"},
    {"product_id": "77", "position": 2, "score": 0.25, "reason": "many buy it", "origin": "popular"},
]


def answered(**changes):
    answer = {"family": FAMILY.name, "source": "model", "version": "3", "as_of": "2026-01-01", "question": "bundles"}
    answer |= {"items": ITEMS, "reasons": [{"text": "it fits", "contribution": 0.0}]} | changes
    checked = FAMILY.answer.model_validate(answer).model_dump(mode="json")
    return Answered(exposure_id="e-1", generated_at="2026-01-02T00:00:00Z", answer=checked)


def test_a_question_is_asked_with_all_that_was_given(api, run):
    # GIVEN an API that answers
    api.says(ROUTE, answered())
    # WHEN a question is asked with every kind of option
    asked = run("ask", "recommendations", "bundles", "--customer", "1", "--visitor", "v", "--cart", "839,77", "--set",
                "limit=3", "--set", 'controls={"exclude": ["5"]}')  # fmt: skip
    # THEN the API gets it, and nothing that was not given
    assert asked.exit_code == 0, asked.output
    assert api.asked[0].body == {
        "question": "bundles",
        "customer_id": "1",
        "anonymous_id": "v",
        "cart": ["839", "77"],
        "limit": 3,
        "controls": {"exclude": ["5"]},
    }


def test_the_answer_is_a_table_with_its_reasons_and_its_source(api, run):
    # GIVEN an answer of the model with two products, one of them without a name
    api.says(ROUTE, answered())
    # WHEN it is shown
    shown = run("ask", "recommendations", "also_bought", "--product", "839").output
    # THEN there is a row for each, what is known of neither is left out, and it says who answered and why
    header, first, second = shown.splitlines()[1:4]
    assert header.split()[:3] == ["product", "id", "position"] and "due on" not in header
    assert "Tea [loose]" in first and "0.512" in first
    assert "–" in second and "many buy it" in second
    assert "because it fits" in shown
    assert "from model 3, as of 2026-01-01, exposure e-1" in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": "baseline", "version": None}, "from baseline, as of"),
        ({"source": "cold_start"}, "from cold_start 3, as of"),
        ({"items": [], "note": "nothing fits"}, "note: nothing fits"),
    ],
)
def test_it_is_told_who_answered_and_what_they_noted(api, run, changes, words):
    # GIVEN an answer of another source, or without products
    api.says(ROUTE, answered(**changes))
    # WHEN it is shown
    # THEN that is told
    assert words in run("ask", "recommendations", "trending").output


def test_the_answer_can_be_had_as_json(api, run):
    # GIVEN an answer
    api.says(ROUTE, answered())
    # WHEN it is asked for as JSON
    asked = run("ask", "recommendations", "trending", "--json")
    # THEN it is the API's
    assert Answered.model_validate(json.loads(asked.output)) == answered()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["astrology", "next"], "no family 'astrology' answers questions; there are: recommendations"),
        (["churn", "next"], "no family 'churn' answers questions"),
        (["recommendations", "which"], "has no question 'which'; there are: for_you, next"),
        (["recommendations", "for_you"], "give customer_id or anonymous_id"),
        (["recommendations", "trending", "--product", "1"], "product_id: Extra inputs are not permitted"),
        (["recommendations", "trending", "--set", "limit"], "'limit' is not NAME=VALUE"),
        (["recommendations", "trending", "--set", "limit=900"], "limit: Input should be less than"),
    ],
)
def test_a_wrong_question_is_refused_before_anything_is_asked(api, run, arguments, words):
    # GIVEN a question that is not one
    # WHEN it is asked
    refused = run("ask", *arguments)
    # THEN the exit code says wrong usage, the message what is wrong, and the API was not asked
    assert refused.exit_code == 2
    assert words in refused.stderr
    assert api.asked == []
