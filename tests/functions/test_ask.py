"""`POST /v1/<family>` through the real handler, over tables and a stream; the endpoint is the test's own."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.actions import Action
from commerce.events import PROPERTIES, lake_row, parse
from commerce.families import discover
from commerce.questions import SHOP, Answered
from commerce.release import Release
from commerce.shown import SHOWN
from functions.ask.handler import handler, log
from functions.common import exposures, releases, score_rows
from functions.common.releases import Pointer
from functions.ingest.handler import handler as ingest
from tests.functions.support import proxy_event

NOW = datetime.now(UTC)
FAMILY = discover()["recommendations"]
ITEMS = [
    {"product_id": "tea", "position": 1, "score": 0.5, "reason": "you like it", "origin": "affinity"},
    {"product_id": "jam", "position": 2, "score": 0.2, "reason": "new", "origin": "content"}
    | {"choice": "explored", "propensity": 0.1},
]
ANSWER = {"family": FAMILY.name, "source": "model", "as_of": "2026-01-01", "question": "for_you", "items": ITEMS}


class Runtime:
    """The endpoint: answers everything alike, and keeps what it was asked."""

    def __init__(self):
        self.asked, self.answer, self.behaviour = [], ANSWER, None

    def invoke_endpoint(self, **parameters):
        self.asked.append(parameters)
        if isinstance(self.behaviour, Exception):
            raise self.behaviour
        count = len(json.loads(parameters["Body"])["instances"])
        body = self.behaviour or json.dumps({"answers": [self.answer] * count}).encode()
        return {"Body": io.BytesIO(body)}


@pytest.fixture
def runtime(account, monkeypatch):
    """Version 3 is live, and published a profile of the customer and one of the shop."""
    release = Release(family=FAMILY.name, since=NOW, revision=1, champion="3")
    account.dynamodb.put_item(
        TableName="test-releases", Item=releases.to_item(Pointer(release, {"3": "s3://m/3/model.tar.gz"}))
    )
    day = NOW.date().isoformat()
    for entity, profile in (("c-1", {"own": [["milk", 0.5, 6, 7.0]]}), (SHOP, {"popular": ["bread"]})):
        row = score_rows.row(FAMILY.name, entity, "3", {"as_of": day} | profile, expires=2_000_000_000)
        account.dynamodb.put_item(TableName="test-scores", Item=row)
    made = Runtime()
    monkeypatch.setattr("functions.common.endpoints.client", lambda *_, **__: made)
    return made


def asked(context, question=None, **changes):
    event = proxy_event("ask", **({} if question is None else {"body": json.dumps(question)}) | changes)
    reply = handler(event, context)
    return reply["statusCode"], json.loads(reply["body"])


def measured(capsys):
    """The embedded metrics of the last call: its values by name, and its dimensions."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    (names,) = lines[-1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    return lines[-1], {name: lines[-1][name] for name in names}


def test_the_released_model_answers(context, runtime):
    # GIVEN a live version
    # WHEN a customer asks
    status, body = asked(context)
    # THEN its answer comes with the version and the id of the exposure
    assert status == 200
    answered = Answered.model_validate(body)
    answer = FAMILY.answer.model_validate(answered.answer)
    assert (answer.source, answer.version) == ("model", "3")
    assert [item.product_id for item in answer.items] == ["tea", "jam"]
    assert len(answered.exposure_id) == 32


def test_the_model_is_given_the_published_profile_and_the_latest_actions(context, runtime):
    # GIVEN actions of the customer, and earlier ones of the same visitor
    for who, product, minutes in (({"userId": "c-1"}, "b", 1), ({"anonymousId": "v-1"}, "a", 5)):
        at = (NOW - timedelta(minutes=minutes)).isoformat()
        event = {
            "messageId": product,
            "event": "Product Viewed",
            "timestamp": at,
            "properties": {"product_id": product},
        }
        ingest(proxy_event("track", body=json.dumps(event | who)), context)
    # WHEN they ask
    asked(context)
    # THEN the endpoint of the family gets all of it, under the version and its artifact
    (call,) = runtime.asked
    (instance,) = json.loads(call["Body"])["instances"]
    assert call["EndpointName"] == "test-recommendations"
    assert json.loads(call["CustomAttributes"]) == {"version": "3", "model_uri": "s3://m/3/model.tar.gz"}
    assert instance["profile"]["own"] == [["milk", 0.5, 6, 7.0]]
    assert [Action.model_validate(each).product_id for each in instance["actions"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("said", "source"), [("model", "model"), ("cold_start", "cold_start"), ("baseline", "model"), ("x", "model")]
)
def test_the_model_may_say_that_it_knows_nothing_of_the_visitor_and_no_more(context, runtime, said, source):
    # GIVEN what a container says of its answer
    runtime.answer = ANSWER | {"source": said, "version": "of its own"}
    # WHEN it is asked
    _, body = asked(context)
    # THEN a cold start is handed on; the version is the one that was asked
    assert (body["answer"]["source"], body["answer"]["version"]) == (source, "3")


@pytest.mark.parametrize(
    "behaviour",
    [
        ReadTimeoutError(endpoint_url="https://runtime"),
        ClientError({"Error": {"Code": "ModelError", "Message": ""}}, "InvokeEndpoint"),
        b"not JSON",
        b"[]",
        b'{"answers": []}',
        b'{"answers": [7]}',
        b'{"answers": [{"family": "recommendations"}]}',
    ],
)
def test_a_model_that_fails_or_is_late_leaves_the_answer_to_the_baseline(context, runtime, capsys, behaviour):
    # GIVEN an endpoint in trouble
    runtime.behaviour = behaviour
    # WHEN a customer asks
    status, body = asked(context)
    # THEN the published profiles answer, and alarms can see it per family
    assert (status, body["answer"]["source"], body["answer"]["version"]) == (200, "baseline", None)
    assert [item["product_id"] for item in body["answer"]["items"]] == ["milk", "bread"]
    values, dimensions = measured(capsys)
    assert dimensions == {"service": "ask", "family": "recommendations"}
    assert [values[name] for name in ("ModelCalls", "ModelFailures", "Answers", "BaselineAnswers")] == [[1.0]] * 4


def test_before_the_first_release_there_is_an_answer_too(account, context, capsys):
    # GIVEN no release
    # WHEN a customer asks
    status, body = asked(context)
    # THEN it is the baseline's, no model was called, and nothing was shown
    assert (status, body["answer"]["source"], body["answer"]["items"]) == (200, "baseline", [])
    values, _ = measured(capsys)
    assert (values["ModelCalls"], values["BaselineAnswers"], values["Answers"]) == ([0.0], [1.0], [1.0])
    assert "ModelFailures" not in values
    assert account.lines("events") == []


@pytest.mark.parametrize(
    ("broken", "source"), [("test-releases", "baseline"), ("test-scores", "model"), ("test-counters", "model")]
)
def test_whatever_table_fails_there_is_an_answer(context, runtime, monkeypatch, capsys, broken, source):
    # GIVEN a table that cannot be read
    real = BaseClient._make_api_call

    def call(self, name, parameters):
        if broken in parameters.get("RequestItems", {}):
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, name)
        return real(self, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    # WHEN a customer asks
    status, body = asked(context)
    # THEN there is an answer, and the failure is counted apart from those of models
    assert (status, body["answer"]["source"]) == (200, source)
    values, _ = measured(capsys)
    assert values["ReadFailures"] == [1.0]
    assert values.get("ModelFailures", [0.0]) == [0.0]


def test_what_was_shown_is_kept_as_an_event(account, context, runtime):
    # GIVEN an answer with a product that chance chose
    # WHEN it is given
    _, body = asked(context)
    # THEN the stream has one event of it, with the answer's id
    (row,) = account.lines("events")
    assert (row["message_id"], row["customer_id"], row["anonymous_id"]) == (body["exposure_id"], "c-1", "v-1")
    assert json.loads(row["properties"]) == {
        "exposure_id": body["exposure_id"],
        "family": "recommendations",
        "version": "3",
        "source": "model",
        "context": {"question": "for_you"},
        "items": [
            {"item_id": "tea", "position": 1, "score": 0.5, "propensity": 1.0},
            {"item_id": "jam", "position": 2, "score": 0.2, "propensity": 0.1, "source": "exploration"},
        ],
    }


@pytest.mark.parametrize("behaviour", [None, b"fails"])
def test_an_exposure_is_written_as_ingest_would(account, context, runtime, behaviour):
    # GIVEN the exposure of an answer, a model's or the baseline's
    runtime.behaviour = behaviour
    asked(context)
    (row,) = account.lines("events")
    # WHEN the same event comes through the tracking API
    message = {
        "type": "track",
        "event": exposures.NAME,
        "messageId": row["message_id"],
        "userId": row["customer_id"],
        "anonymousId": row["anonymous_id"],
        "timestamp": row["timestamp"],
        "properties": json.loads(row["properties"]),
    }
    event = parse(message, received_at=datetime.fromisoformat(row["received_at"]))
    # THEN the row is the same
    assert exposures.NAME in PROPERTIES
    assert lake_row(event) == row


def test_an_exposure_that_is_lost_is_counted_and_loses_no_answer(context, runtime, monkeypatch, capsys):
    # GIVEN a stream that refuses, once
    calls = []

    class Stream:
        def put_record_batch(self, **parameters):
            calls.append(parameters)
            return {"FailedPutCount": 1, "RequestResponses": [{"ErrorCode": "ServiceUnavailableException"}]}

    monkeypatch.setattr(exposures, "client", lambda *_, **__: Stream())
    # WHEN a customer asks
    status, body = asked(context)
    # THEN the answer is given without trying again, and the loss is counted
    assert (status, body["answer"]["source"], len(calls)) == (200, "model", 1)
    values, _ = measured(capsys)
    assert values["ExposureFailures"] == [1.0]


def test_an_answer_waits_but_briefly_for_its_exposure():
    # GIVEN the client that the exposure is kept by
    stream = exposures.client("firehose", read_timeout=exposures.SECONDS, attempts=1)
    # WHEN its patience is read
    config = stream.meta.config
    # THEN it tries once, for no longer than that
    assert (config.connect_timeout, config.read_timeout) == (exposures.SECONDS, exposures.SECONDS)
    assert config.retries["total_max_attempts"] == 1


EXCLUDING = {"question": "for_you", "customer_id": "c-1", "controls": {"exclude_shown": True}}


def told_as_shown(runtime):
    """What the endpoint was told at each call."""
    return [json.loads(call["Body"])["instances"][0]["shown"] for call in runtime.asked]


def memories(account):
    return [item for item in account.items("counters") if item["sk"]["S"] == SHOWN]


def test_the_next_answer_leaves_out_what_the_last_one_showed(account, context, runtime):
    # GIVEN a customer who is answered without what they were shown
    asked(context, EXCLUDING)
    # WHEN they ask again, as ever and without it, and there is something else
    asked(context, EXCLUDING | {"controls": {}})
    runtime.answer = ANSWER | {"items": [ITEMS[0] | {"product_id": "mug"}]}
    asked(context, EXCLUDING)
    # THEN the model is told of it where it matters
    assert told_as_shown(runtime) == [[], [], ["tea", "jam"]]
    # AND one item remembers the answers to those who asked for it
    (item,) = memories(account)
    assert item["pk"]["S"] == "shown#customer#c-1"
    assert len(item.keys() - {"pk", "sk", "ttl"}) == 2


def test_a_visitor_who_logs_in_is_not_shown_the_same_again(context, runtime):
    # GIVEN what a visitor was shown
    asked(context, {"question": "next", "anonymous_id": "v-1", "controls": {"exclude_shown": True}})
    # WHEN they ask as a customer, with both ids
    asked(context, EXCLUDING | {"anonymous_id": "v-1"})
    # THEN the model is told of it
    assert told_as_shown(runtime) == [[], ["tea", "jam"]]


def test_where_the_model_fails_what_was_shown_is_left_out_too(context, runtime):
    # GIVEN an endpoint in trouble
    runtime.behaviour = b"fails"
    # WHEN a customer asks twice for what they were not shown
    answers = [asked(context, EXCLUDING)[1]["answer"] for _ in range(2)]
    # THEN the second answer is rather empty than the same again
    assert [[item["product_id"] for item in answer["items"]] for answer in answers] == [["milk", "bread"], []]


def test_a_question_that_does_not_ask_for_it_remembers_nothing(account, context, runtime):
    # GIVEN a question as ever
    # WHEN it is asked
    asked(context)
    # THEN nothing is written to the counters
    assert account.items("counters") == []


def test_an_answer_that_is_not_remembered_is_counted_and_given(context, runtime, monkeypatch, capsys):
    # GIVEN a table that takes nothing
    calls, real = [], BaseClient._make_api_call

    def call(self, name, parameters):
        if name == "UpdateItem":
            calls.append(self.meta.config)
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, name)
        return real(self, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    # WHEN a customer asks for what they were not shown
    status, body = asked(context, EXCLUDING)
    # THEN the answer is given, and the loss is counted apart from failed reads
    assert (status, body["answer"]["source"]) == (200, "model")
    values, _ = measured(capsys)
    assert values["MemoryFailures"] == [1.0]
    assert "ReadFailures" not in values
    # AND it was tried once, for no longer than an exposure
    (config,) = calls
    assert (config.connect_timeout, config.read_timeout) == (exposures.SECONDS, exposures.SECONDS)
    assert config.retries["total_max_attempts"] == 1


def test_nothing_of_a_customer_is_logged(context, runtime, monkeypatch, capsys):
    # GIVEN everything in trouble
    written = io.StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", written)
    monkeypatch.setattr(exposures, "client", lambda *_, **__: 1 / 0)
    runtime.behaviour = ValueError("about customer-no-1")
    # WHEN a customer asks
    asked(context, {"question": "for_you", "customer_id": "customer-no-1", "anonymous_id": "visitor-no-1"})
    # THEN logs tell of the failures, but not of whom
    told = written.getvalue() + capsys.readouterr().out
    assert "an exposure is lost" in told
    assert "customer-no-1" not in told and "visitor-no-1" not in told


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
