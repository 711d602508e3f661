"""What may be asked: a wrong question is told what is wrong with it, and no body finds anything else."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.ask.handler import handler
from tests.functions.asking_runtime import FAMILY, asked
from tests.functions.support import proxy_event

BUNDLES = {"question": "bundles", "cart": ["a"]}


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, "unknown_question", "for_you, next, also_bought"),
        ({"question": "astrology"}, "unknown_question", "must be one of: for_you"),
        ({"question": ["for_you"]}, "unknown_question", "must be one of"),
        ({"question": "for_you"}, "invalid_request", "give customer_id or anonymous_id"),
        ({"question": "for_you", "customer_id": 7}, "invalid_request", "customer_id: Input should be a valid string"),
        ({"question": "for_you", "customer_id": ""}, "invalid_request", "customer_id"),
        (BUNDLES | {"cart": []}, "invalid_request", "cart: List should have at least 1 item"),
        (BUNDLES | {"cart": ["a"] * 10_000}, "invalid_request", "cart: List should have at most 200 items"),
        (BUNDLES | {"limit": "10"}, "invalid_request", "limit: Input should be a valid integer"),
        (BUNDLES | {"limit": 51}, "invalid_request", "limit"),
        (BUNDLES | {"product_id": "a"}, "invalid_request", "product_id: Extra inputs"),
        (BUNDLES | {"filters": {"min_price": 9, "max_price": 1}}, "invalid_request", "must not exceed"),
        (BUNDLES | {"controls": {"boost": {"a": 0}}}, "invalid_request", "controls.boost.a"),
        (BUNDLES | {"controls": {"exclude_shown": True}}, "invalid_request", "give customer_id or anonymous_id"),
        ([], "invalid_request", "must be a JSON object"),
        ("for_you", "invalid_request", "must be a JSON object"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_wrong(environment, context, body, code, words):
    # GIVEN a question that is not one
    # WHEN it is asked
    status, answer = asked(context, body)
    # THEN the answer says what is wrong, and where
    assert (status, answer["error"]["code"]) == (400, code)
    assert words in answer["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"body": None}, 400, "invalid_request"),
        ({"body": "{"}, 400, "invalid_request"),
        ({"body": "\ud83d"}, 400, "invalid_request"),
        ({"body": '{"question": "\\ud83d"}'}, 400, "invalid_request"),
        ({"body": "!", "isBase64Encoded": True}, 400, "invalid_request"),
        ({"body": "é", "isBase64Encoded": True}, 400, "invalid_request"),
        ({"body": " " * 500_001}, 413, "too_large"),
        ({"httpMethod": "GET"}, 404, "not_found"),
        ({"resource": "/v1/churn"}, 404, "not_found"),
        ({"resource": "/v1/astrology"}, 404, "not_found"),
    ],
)
def test_what_is_no_question_is_refused(environment, context, changes, status, code):
    # GIVEN a request that no question is in
    # WHEN it is made
    got, body = asked(context, **changes)
    # THEN it is refused in the one shape of errors
    assert (got, body["error"]["code"]) == (status, code)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(sorted({name for model in FAMILY.route.questions for name in model.model_fields}))
BODIES = st.one_of(
    st.text(max_size=50),
    JSON.map(json.dumps),
    st.builds(
        lambda kind, fields: json.dumps(fields | {"question": kind}),
        st.sampled_from(list(FAMILY.route.kinds)) | st.text(max_size=5),
        st.dictionaries(FIELDS, JSON | st.sampled_from(["c-1", ["a"], 3, {}]), max_size=4),
    ),
)


@settings(max_examples=150, database=None, suppress_health_check=list(HealthCheck), deadline=None)
@given(BODIES)
def test_no_body_finds_anything_but_an_answer_or_a_refusal(context, runtime, body):
    # GIVEN any body
    # WHEN it is sent
    reply = handler(proxy_event("ask", body=body), context)
    # THEN it is answered, or refused with the reason
    assert reply["statusCode"] in (200, 400)
    answer = json.loads(reply["body"])
    assert (answer["answer"]["items"] is not None) if reply["statusCode"] == 200 else answer["error"]["message"]
