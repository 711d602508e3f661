"""`POST /v1/<family>` through the real handler, over tables and a stream; the endpoint is the test's own."""

import io
import json
from datetime import datetime, timedelta

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from commerce.actions import Action
from commerce.events import PROPERTIES, lake_row, parse
from commerce.questions import Answered
from functions.ask.handler import log
from functions.common import exposures
from functions.ingest.handler import handler as ingest
from tests.functions.asking_runtime import ANSWER, FAMILY, NOW, asked, measured
from tests.functions.support import proxy_event


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
