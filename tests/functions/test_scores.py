"""The score routes through the real handler: the model's answer, or the baseline's, but always one."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from commerce.families import discover
from commerce.release import Release, arm
from commerce.scores import BatchGetResponse, CustomerScores
from functions.common import releases, score_rows
from functions.common.aws import client
from functions.common.pointers import Pointers
from functions.common.releases import Pointer
from functions.ingest import counting
from functions.scores.handler import handler
from tests.functions.support import proxy_event
from tests.functions.test_counting import count

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def ask(event, context):
    reply = handler(event, context)
    return reply["statusCode"], json.loads(reply["body"])


def put_score(account, customer, version, probability=0.25):
    answer = {"family": "churn", "source": "model", "version": version, "as_of": "2026-01-01"}
    answer |= {"probability": probability, "horizon_days": 90, "reasons": [{"text": "r", "contribution": 0.1}]}
    account.dynamodb.put_item(
        TableName="test-scores", Item=score_rows.row("churn", customer, version, answer, expires=2_000_000_000)
    )


def put_release(account, **fields):
    release = Release(family="churn", since=NOW, revision=1, **fields)
    artifacts = {v: f"s3://m/{v}" for v in (release.champion, release.challenger) if v}
    account.dynamodb.put_item(TableName="test-releases", Item=releases.to_item(Pointer(release, artifacts)))
    return release


def one(customer="c-1", **changes):
    return proxy_event("get_scores", pathParameters={"id": customer}, **changes)


def test_a_released_versions_stored_score_is_the_answer(account, context):
    # GIVEN version 3 is live, and the customer has scores of it and of another
    put_release(account, champion="3")
    put_score(account, "c-1", "3", 0.7)
    put_score(account, "c-1", "4", 0.1)
    # WHEN the customer's scores are asked for
    status, body = ask(one(), context)
    # THEN the live version answers, in the documented shape
    assert status == 200
    assert CustomerScores.model_validate(body).customer_id == "c-1"
    score = body["scores"]["churn"]
    assert (score["source"], score["version"], score["probability"]) == ("model", "3", 0.7)
    assert score["reasons"] == [{"text": "r", "contribution": 0.1}]


def test_before_the_first_release_the_baseline_answers_from_the_counters(account, context):
    # GIVEN no release, and a customer with two counted orders
    counting.add(client("dynamodb"), "test-counters", count(0, 24), now=NOW)
    # WHEN the customer's scores are asked for
    _, body = ask(one(), context)
    # THEN the baseline answers, says so, and knows the customer's habit
    score = body["scores"]["churn"]
    assert (score["source"], score["version"]) == ("baseline", None)
    assert "usually every 1" in score["reasons"][0]["text"]


def test_a_customer_the_model_does_not_know_gets_the_baseline(account, context):
    # GIVEN a live version without a row of this customer
    put_release(account, champion="3")
    # WHEN the scores are asked for
    status, body = ask(one("new"), context)
    # THEN there is an answer all the same
    assert (status, body["scores"]["churn"]["source"]) == (200, "baseline")


def test_each_customer_sees_the_version_of_its_arm(account, context):
    # GIVEN half of the customers on a challenger
    release = put_release(account, champion="3", challenger="4", share=0.5)
    customers = [f"c-{i}" for i in range(40)]
    for customer in customers:
        put_score(account, customer, "3")
        put_score(account, customer, "4")
    # WHEN all are asked for at once
    _, body = ask(proxy_event("batch_get_scores", body=json.dumps({"customer_ids": customers})), context)
    # THEN everybody has the version that the stable hash says, and both are seen
    versions = {result["customer_id"]: result["scores"]["churn"]["version"] for result in body["results"]}
    assert versions == {customer: arm(release, customer) for customer in customers}
    assert set(versions.values()) == {"3", "4"}


def test_a_batch_answers_in_the_order_asked_and_each_customer_once(account, context):
    # GIVEN a question with a repeated customer
    event = proxy_event("batch_get_scores", body=json.dumps({"customer_ids": ["b", "a", "b"], "families": ["churn"]}))
    # WHEN it is asked
    status, body = ask(event, context)
    # THEN the answer has the order asked
    assert status == 200
    assert [r.customer_id for r in BatchGetResponse.model_validate(body).results] == ["b", "a"]


@pytest.mark.parametrize("broken", ["test-releases", "test-scores", "test-counters"])
def test_whatever_table_fails_there_is_an_answer(account, context, monkeypatch, broken):
    # GIVEN a live version, and a table that cannot be read
    put_release(account, champion="3")
    put_score(account, "c-1", "3")
    real = client("dynamodb", read_timeout=1.0, attempts=2)._make_api_call.__func__

    def call(self, name, parameters):
        if broken in parameters.get("RequestItems", {}):
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, name)
        return real(self, name, parameters)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
    # WHEN scores of a known and an unknown customer are asked for
    event = proxy_event("batch_get_scores", body=json.dumps({"customer_ids": ["c-1", "new"]}))
    status, body = ask(event, context)
    # THEN both have an answer: the model's where its tables can be read
    sources = [result["scores"]["churn"]["source"] for result in body["results"]]
    assert (status, sources) == (200, ["model" if broken == "test-counters" else "baseline", "baseline"])


def test_unprocessed_keys_are_asked_for_again(account, context, monkeypatch):
    # GIVEN a table that leaves a key unprocessed at the first call
    put_release(account, champion="3")
    for customer in ("a", "b"):
        put_score(account, customer, "3")
    dynamodb = client("dynamodb", read_timeout=1.0, attempts=2)
    real, cut = dynamodb.batch_get_item, []

    def partial(RequestItems):
        if "test-scores" in RequestItems and not cut:
            cut.append(True)
            first, *rest = RequestItems["test-scores"]["Keys"]
            answer = real(RequestItems={"test-scores": {"Keys": [first]}})
            return answer | {"UnprocessedKeys": {"test-scores": {"Keys": rest}}}
        return real(RequestItems=RequestItems)

    monkeypatch.setattr(dynamodb, "batch_get_item", partial)
    # WHEN both are asked for
    event = proxy_event("batch_get_scores", body=json.dumps({"customer_ids": ["a", "b"]}))
    _, body = ask(event, context)
    # THEN both have the model's answer
    assert [r["scores"]["churn"]["source"] for r in body["results"]] == ["model", "model"]


def test_a_release_is_seen_within_seconds_and_pointers_are_not_read_at_every_call(account):
    # GIVEN pointers read at a certain time
    now = [100.0]
    pointers = Pointers(clock=lambda: now[0])
    put_release(account, champion="3")
    pointers.read(account.dynamodb, "test-releases", ["churn"])
    put_release(account, champion="4")
    # WHEN they are asked for a little later, and later still
    seen = []
    for seconds in (1.0, 3.5):
        now[0] = 100.0 + seconds
        seen.append(pointers.read(account.dynamodb, "test-releases", ["churn"])["churn"].release.champion)
    # THEN first from memory, then fresh
    assert seen == ["3", "4"]


def test_a_family_with_a_route_of_its_own_is_none_of_the_score_routes(account, context):
    # GIVEN a family that answers questions
    (name,) = [name for name, spec in discover().items() if spec.route]
    # WHEN its score is asked for
    status, body = ask(one(queryStringParameters={"families": name}), context)
    # THEN there is no such family here
    assert (status, body["error"]["code"]) == (404, "unknown_family")


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (one(queryStringParameters={"families": "nope"}), 404, "unknown_family"),
        (one(queryStringParameters={"families": ""}), 404, "unknown_family"),
        (one("x" * 256), 400, "invalid_request"),
        (one(""), 400, "invalid_request"),
        (proxy_event("batch_get_scores", body=None), 400, "invalid_request"),
        (proxy_event("batch_get_scores", body='{"customer_ids": []}'), 400, "invalid_request"),
        (proxy_event("batch_get_scores", body=json.dumps({"customer_ids": ["c"] * 101})), 400, "invalid_request"),
        (proxy_event("batch_get_scores", body='{"customer_ids": ["a"], "else": 1}'), 400, "invalid_request"),
        (proxy_event("batch_get_scores", body="\ud83d"), 400, "invalid_request"),
        (proxy_event("batch_get_scores", httpMethod="GET"), 404, "not_found"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_wrong(account, context, event, status, code):
    # GIVEN a question that is not one
    # WHEN it is asked
    got, body = ask(event, context)
    # THEN the answer is in the one shape of errors
    assert (got, body["error"]["code"]) == (status, code)


def test_an_unknown_family_is_told_which_there_are(account, context):
    # GIVEN a family that does not exist
    # WHEN it is asked for
    _, body = ask(one(queryStringParameters={"families": "churn,nope"}), context)
    # THEN the message names it and those there are
    assert "'nope'" in body["error"]["message"]
    assert "churn" in body["error"]["message"]


def test_an_id_with_characters_of_its_own_is_found(account, context):
    # GIVEN a customer whose id has to be escaped in a URL
    put_release(account, champion="3")
    put_score(account, "ann/1 ü%", "3")
    # WHEN it is asked for as API Gateway hands it on
    _, body = ask(one("ann%2F1%20%C3%BC%25"), context)
    # THEN it is that customer
    assert (body["customer_id"], body["scores"]["churn"]["source"]) == ("ann/1 ü%", "model")


@pytest.fixture
def endpoint_family(monkeypatch, account):
    """Churn, served by an endpoint; what the endpoint does is the test's choice."""
    spec = discover()["churn"].model_copy(update={"mode": "endpoint"})
    monkeypatch.setattr("functions.scores.requests.discover", lambda: {"churn": spec})
    put_release(account, champion="3", challenger="4", share=0.5)
    asked = []

    class Runtime:
        behaviour = None

        def invoke_endpoint(self, **parameters):
            asked.append(parameters)
            if self.behaviour:
                raise self.behaviour
            instances = json.loads(parameters["Body"])["instances"]
            answer = {"family": "churn", "source": "model", "as_of": "2026-01-01", "probability": 0.5}
            body = json.dumps({"answers": [answer] * len(instances)}).encode()
            return {"Body": type("Stream", (), {"read": lambda self: body})()}

    runtime = Runtime()
    monkeypatch.setattr("functions.common.endpoints.client", lambda *a, **k: runtime)
    return runtime, asked


def test_an_endpoint_is_asked_once_per_version_with_its_artifact(context, endpoint_family):
    # GIVEN customers of both arms
    _, asked = endpoint_family
    event = proxy_event("batch_get_scores", body=json.dumps({"customer_ids": [f"c-{i}" for i in range(20)]}))
    # WHEN they are asked for
    _, body = ask(event, context)
    # THEN one call per version carries version and artifact, and the answers carry the version
    attributes = [json.loads(call["CustomAttributes"]) for call in asked]
    assert sorted(a["version"] for a in attributes) == ["3", "4"]
    assert {a["model_uri"] for a in attributes} == {"s3://m/3", "s3://m/4"}
    assert {r["scores"]["churn"]["version"] for r in body["results"]} == {"3", "4"}


@pytest.mark.parametrize(
    "failure",
    [
        ReadTimeoutError(endpoint_url="https://runtime"),
        ClientError({"Error": {"Code": "ModelError", "Message": ""}}, "InvokeEndpoint"),
        ValueError("not JSON"),
    ],
)
def test_an_endpoint_that_fails_or_is_late_leaves_the_answer_to_the_baseline(context, endpoint_family, failure):
    # GIVEN an endpoint in trouble
    runtime, _ = endpoint_family
    runtime.behaviour = failure
    # WHEN a customer is asked for
    status, body = ask(one(), context)
    # THEN the baseline answers
    assert (status, body["scores"]["churn"]["source"]) == (200, "baseline")
