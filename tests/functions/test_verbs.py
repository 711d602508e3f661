"""`POST /v1/<collection>:<verb>` through the real handler, for every verb of every family of products."""

import json

import pytest

from commerce.families import discover
from functions.scores.handler import handler
from functions.scores.verbs import MAX_BYTES
from tests.functions.support import proxy_event
from tests.functions.test_product_answers import put_answer, put_release, sell

VERBS = [(spec, verb) for spec in discover().values() for verb in spec.verbs]


@pytest.fixture(params=VERBS, ids=[f"{spec.collection}:{verb.name}" for spec, verb in VERBS])
def asked(request):
    """(family, verb, the verb's own example)."""
    family, verb = request.param
    return family, verb, verb.question.model_json_schema()["examples"][0]


def ask(family, verb, body, context, method="POST"):
    """A call of the verb, as API Gateway hands it on."""
    resource = f"/v1/{family.collection}:{verb.name}"
    text = body if isinstance(body, str) else json.dumps(body)
    reply = handler(proxy_event("get_scores", resource=resource, httpMethod=method, body=text), context)
    return reply["statusCode"], json.loads(reply["body"])


def test_a_verb_is_answered_from_what_the_released_version_said(account, context, asked):
    # GIVEN version 3 is live, with the spec's own example as the product's answer
    family, verb, example = asked
    put_release(account, family, champion="3")
    known = put_answer(account, family, example["product_id"], "3")
    # WHEN the verb's own example is asked, of the days that the answer has
    first = known["locations"][0]["periods"][0]["starts_on"]
    status, body = ask(
        family, verb, example | {"plan": [{"starts_on": first, "ends_on": first, "discount": 0.2}]}, context
    )
    # THEN it is answered in the verb's shape, by that version
    assert status == 200, body
    answer = verb.answer.model_validate(body["answer"])
    assert (body["product_id"], answer.source, answer.version) == (example["product_id"], "model", "3")
    assert answer.model_dump(mode="json") == body["answer"]


def test_where_no_model_answers_the_baseline_is_asked_and_says_that_it_does_not_know(account, context, asked):
    # GIVEN no release, and a product that sells
    family, verb, example = asked
    sell(example["product_id"], 56)
    today = handler(
        proxy_event("get_scores", resource=f"/v1/{family.collection}/{{product}}", pathParameters={"product": "1001"}),
        context,
    )
    first = json.loads(today["body"])["answer"]["locations"][0]["periods"][0]["starts_on"]
    body = {"product_id": "1001", "plan": [{"starts_on": first, "ends_on": first, "discount": 0.2}]}
    # WHEN the verb is asked
    status, found = ask(family, verb, body, context)
    # THEN the answer is the baseline's, and makes no effect up
    assert (status, found["answer"]["source"], found["answer"]["responds"]) == (200, "baseline", "unknown")


def test_a_question_that_the_answer_cannot_tell_is_refused_with_why(account, context, asked):
    # GIVEN a product's answer without the location that is asked for
    family, verb, example = asked
    put_release(account, family, champion="3")
    put_answer(account, family, example["product_id"], "3")
    # WHEN it is asked
    status, body = ask(family, verb, example | {"location_id": "nowhere"}, context)
    # THEN the error names it and what there is
    assert (status, body["error"]["code"]) == (400, "unanswerable")
    assert "'nowhere'" in body["error"]["message"] and "'367'" in body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("no json", 400, "body"),
        ({}, 400, "product_id: Field required"),
        ({"product_id": "", "plan": []}, 400, "product_id"),
        ({"product_id": "1", "plan": [], "colour": "red"}, 400, "colour"),
        ('{"product_id": "1", "plan": [' + " " * MAX_BYTES + "]}", 413, "larger"),
    ],
)
def test_what_is_no_question_is_refused_with_where(account, context, asked, body, status, said):
    # GIVEN a body that is none of the verb's
    family, verb, _ = asked
    # WHEN it is sent
    found, reply = ask(family, verb, body, context)
    # THEN the error says what is wrong
    assert found == status and said in reply["error"]["message"]


def test_a_verb_is_posted_and_named_among_the_routes(account, context, asked):
    # GIVEN a verb
    family, verb, example = asked
    # WHEN it is read instead of posted
    status, body = ask(family, verb, example, context, method="GET")
    # THEN there is no such route, and the message names it
    assert status == 404 and f"/v1/{family.collection}:{verb.name}" in body["error"]["message"]
