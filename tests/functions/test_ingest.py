"""The tracking routes through the real handler, against tables and streams in process."""

import base64
import gzip
import io
import json

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.tables import EVENTS
from functions.common import aws, firehose
from functions.ingest.body import MAX_BYTES
from functions.ingest.handler import handler, log
from tests.functions.support import SERVER_KEY, basic, proxy_event


def ask(event, context):
    reply = handler(event, context)
    return reply["statusCode"], json.loads(reply["body"]) if reply["body"] else None, reply["headers"]


def batch_of(messages, **fields):
    return proxy_event("batch", body=json.dumps({"batch": messages, **fields}))


def order(message_id, customer="c-1", at="2026-01-01T10:00:00Z", **changes):
    properties = {"order_id": f"o-{message_id}", "products": [{"product_id": "p-1"}]}
    message = {"type": "track", "event": "Order Completed", "messageId": message_id, "userId": customer}
    return message | {"timestamp": at, "properties": properties} | changes


def test_a_batch_as_the_sdk_sends_it_reaches_the_lake_as_rows_of_the_events_table(account, context):
    # GIVEN a recorded call of an SDK
    event = proxy_event("batch")
    # WHEN it is handled
    status, body, _ = ask(event, context)
    # THEN all three events are accepted, and the stream has their rows
    assert (status, body) == (200, {"success": True, "accepted": 3, "rejected": []})
    rows = account.lines("events")
    assert [row["message_id"] for row in rows] == ["m-1", "m-2", "m-3"]
    assert all(tuple(row) == EVENTS.column_names for row in rows)


def test_an_invalid_event_comes_back_with_its_index_and_reason_and_costs_no_other(account, context):
    # GIVEN a batch whose middle event is an order without lines
    messages = [order("m-1"), order("m-2", properties={"order_id": "o-2"}), order("m-3")]
    # WHEN it is handled
    status, body, _ = ask(batch_of(messages), context)
    # THEN the others are kept, and the wrong one is told and kept with its reasons
    assert (status, body["accepted"]) == (200, 2)
    assert body["rejected"][0]["index"] == 1
    assert "properties.products" in body["rejected"][0]["reasons"][0]
    kept = account.lines("rejected")
    assert [(k["message_id"], k["source"], k["message"]) for k in kept] == [("m-2", "web", messages[1])]


LABEL = {"event_type": "payment", "event_id": "p-1", "fraud": False, "source": "review"}
DECISION = {
    "decision_id": "d-1", "event_type": "payment", "event_id": "p-1", "family": "fraud", "source": "rules",
    "outcome": "approve",
}  # fmt: skip
FROM_SERVERS = [
    ("Label Given", LABEL),
    ("Decision Made", DECISION),
    ("Payment Attempted", {"payment_id": "p-1", "amount": 5}),
    ("Login Attempted", {"succeeded": True}),
    ("Session Observed", {"session_id": "s-1"}),
]


@pytest.mark.parametrize(("name", "properties"), FROM_SERVERS)
def test_what_models_decide_by_is_refused_with_a_key_that_anybody_can_read(account, context, name, properties):
    # GIVEN an event of these beside an order
    learned = order("m-1", event=name, properties=properties)
    # WHEN they are sent with a browser's key
    status, body, _ = ask(batch_of([learned, order("m-2")]), context)
    # THEN the order is kept, the other is told and kept with the reason, and nothing is counted of it
    assert (status, body["accepted"]) == (200, 1)
    [rejected] = body["rejected"]
    assert (rejected["index"], rejected["messageId"]) == (0, "m-1")
    assert "needs a server's write key: " in rejected["reasons"][0]
    assert [(kept["source"], kept["message"]) for kept in account.lines("rejected")] == [("web", learned)]
    assert [row["name"] for row in account.lines("events")] == ["Order Completed"]
    assert not [item for item in account.items("counters") if item["pk"]["S"].startswith(("event#", "stream#"))]


@pytest.mark.parametrize(("name", "properties"), FROM_SERVERS)
def test_what_models_decide_by_is_taken_from_a_server(account, context, name, properties):
    # GIVEN an event of these
    body = json.dumps(order("m-1", event=name, properties=properties))
    # WHEN it is sent with a server's key
    event = proxy_event("track", body=body, headers={"Authorization": basic(SERVER_KEY)})
    status, answer, _ = ask(event, context)
    # THEN it is kept
    assert (status, answer["accepted"]) == (200, 1)
    assert [row["name"] for row in account.lines("events")] == [name]


def test_a_page_that_is_called_like_a_label_is_a_page(account, context):
    # GIVEN a page view, of which nothing is learned
    body = json.dumps({"messageId": "m-1", "userId": "c-1", "name": "Label Given"})
    # WHEN it is sent with a browser's key
    status, _, _ = ask(proxy_event("track", path="/v1/page", body=body), context)
    # THEN it is kept
    assert status == 200


def test_a_single_call_that_is_invalid_is_a_400_with_the_reason(account, context):
    # GIVEN a track call without an event name
    event = proxy_event("track", body=json.dumps({"userId": "c-1"}))
    # WHEN it is handled
    status, body, _ = ask(event, context)
    # THEN the answer says what is missing, and the message is kept
    assert (status, body["error"]["code"]) == (400, "invalid_event")
    assert "event" in body["error"]["message"]
    assert len(account.lines("rejected")) == 1


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group", "alias"])
def test_every_single_route_gives_its_messages_their_type(account, context, kind):
    # GIVEN a message with what any kind needs
    message = {"messageId": "m-1", "userId": "c-1", "event": "Hello", "groupId": "g-1", "previousId": "a-1"}
    # WHEN it is posted to the kind's route
    status, _, _ = ask(proxy_event("track", path=f"/v1/{kind}", body=json.dumps(message)), context)
    # THEN it is kept as that kind
    assert (status, [row["type"] for row in account.lines("events")]) == (200, [kind])


@pytest.mark.parametrize("encoded", [True, False])
def test_gzip_bodies_are_read(account, context, encoded):
    # GIVEN the batch packed by the SDK's gzip option, as API Gateway hands binary bodies on
    packed = gzip.compress(proxy_event("batch")["body"].encode())
    headers = proxy_event("batch")["headers"] | ({"content-encoding": "gzip"} if encoded else {})
    event = proxy_event("batch", body=base64.b64encode(packed).decode(), isBase64Encoded=True, headers=headers)
    # WHEN it is handled
    status, body, _ = ask(event, context)
    # THEN it is as good as plain, with or without the header
    assert (status, body["accepted"]) == (200, 3)


def test_a_beacon_without_headers_is_admitted_by_the_write_key_in_its_body(account, context):
    # GIVEN what a browser's sendBeacon sends: text, and no authorization
    body = json.dumps({"writeKey": "wk-of-the-test-shop", "userId": "c-1", "event": "Left", "messageId": "m-1"})
    event = proxy_event("track", headers={"Content-Type": "text/plain;charset=UTF-8"}, body=body)
    # WHEN it is handled
    status, _, headers = ask(event, context)
    # THEN it is kept, the key is not, and the browser may read the answer
    assert status == 200
    assert "wk-of-the-test-shop" not in json.dumps(account.lines("events"))
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_is_answered_without_a_key(environment, context):
    # GIVEN a browser's preflight
    event = proxy_event("track", httpMethod="OPTIONS", body=None, headers={"Origin": "https://shop.example"})
    # WHEN it is handled
    status, body, headers = ask(event, context)
    # THEN the headers that SDKs send are allowed
    assert (status, body) == (204, None)
    assert "Authorization" in headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "authorization", ["", basic("somebody-else"), "Basic !", "Bearer wk-of-the-test-shop", basic("")]
)
def test_who_has_no_known_write_key_is_refused(account, context, authorization):
    # GIVEN a call that does not carry a key of the table
    event = proxy_event("track", headers={"Authorization": authorization})
    # WHEN it is handled
    status, body, headers = ask(event, context)
    # THEN it is 401, and nothing is kept
    assert (status, body["error"]["code"]) == (401, "unauthorized")
    assert "WWW-Authenticate" in headers
    assert account.lines("events") == []


def test_a_disabled_key_is_refused(account, context):
    # GIVEN the website's key, disabled
    [item] = [item for item in account.items("keys") if item["source"]["S"] == "web"]
    account.dynamodb.put_item(TableName="test-keys", Item=item | {"enabled": {"BOOL": False}})
    # WHEN it is used
    status, _, _ = ask(proxy_event("track"), context)
    # THEN it is refused
    assert status == 401


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"body": "{"}, 400, "invalid_json"),
        ({"body": "[]"}, 400, "invalid_json"),
        ({"body": None}, 400, "invalid_json"),
        ({"body": '{"batch": NaN}'}, 400, "invalid_json"),
        ({"body": '{"a":' * 3000 + "1" + "}" * 3000}, 400, "invalid_json"),
        ({"body": "{}"}, 400, "no_batch"),
        ({"body": json.dumps({"batch": [{}] * 501})}, 400, "too_many_events"),
        ({"body": "x" * (MAX_BYTES + 1)}, 413, "too_large"),
        ({"body": "%", "isBase64Encoded": True}, 400, "invalid_body"),
        ({"body": "{}", "headers": {"Content-Encoding": "gzip"}}, 400, "invalid_body"),
        ({"path": "/v1/else"}, 404, "not_found"),
        ({"httpMethod": "GET"}, 404, "not_found"),
    ],
)
def test_a_body_that_is_no_delivery_is_refused_in_words(account, context, changes, status, code):
    # GIVEN a call with something wrong as a whole
    # WHEN it is handled
    got, body, _ = ask(proxy_event("batch", **changes), context)
    # THEN the answer names it
    assert (got, body["error"]["code"]) == (status, code)
    assert body["error"]["message"]


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 200 * MAX_BYTES])
def test_a_gzip_bomb_is_refused_without_being_unpacked(account, context, size):
    # GIVEN a small body that unpacks to more than the limit
    packed = gzip.compress(b" " * size)
    event = proxy_event("batch", body=base64.b64encode(packed).decode(), isBase64Encoded=True)
    # WHEN it is handled
    status, body, _ = ask(event, context)
    # THEN it is too large
    assert (status, body["error"]["code"]) == (413, "too_large")


def test_a_text_cut_inside_a_character_does_not_cost_the_batch(account, context):
    # GIVEN a name that a browser cut in the middle of an emoji
    event = proxy_event(
        "batch", body=r'{"batch":[{"type":"track","messageId":"m-1","userId":"c","event":"Cut \ud83d"}]}'
    )
    # WHEN it is handled
    status, body, _ = ask(event, context)
    # THEN the half character is replaced and the event kept
    assert (status, body["accepted"]) == (200, 1)
    assert account.lines("events")[0]["name"] == "Cut �"


def test_a_message_without_id_gets_the_same_one_when_it_is_sent_again(account, context):
    # GIVEN a message without an id, sent twice by a client that stamps every attempt anew
    message = {"type": "track", "userId": "c-1", "event": "Product Viewed", "properties": {"product_id": "1", "a": 2}}
    again = {"properties": {"a": 2, "product_id": "1"}} | {k: v for k, v in message.items() if k != "properties"}
    # WHEN both are handled
    ask(batch_of([message], sentAt="2026-01-01T00:00:00Z"), context)
    ask(batch_of([again | {"messageId": None}], sentAt="2026-01-01T00:00:09Z"), context)
    # THEN they have one id, so that the lake keeps one
    first, second = account.lines("events")
    assert first["message_id"] == second["message_id"]


def test_a_batchs_context_holds_for_its_messages_unless_they_say_otherwise(account, context):
    # GIVEN a batch with a context, and a message with a locale of its own
    own = order("m-2", context={"locale": "de"})
    # WHEN it is handled
    ask(batch_of([order("m-1"), own], context={"locale": "en", "sessionId": "s-1"}), context)
    # THEN each row has what holds for it
    contexts = [json.loads(row["context"]) for row in account.lines("events")]
    assert contexts == [{"locale": "en", "sessionId": "s-1"}, {"locale": "de", "sessionId": "s-1"}]


class Refusing:
    """Firehose that refuses some records of each call."""

    def __init__(self, real, refuse):
        self.real, self.refuse, self.calls = real, refuse, 0

    def put_record_batch(self, DeliveryStreamName, Records):
        self.calls += 1
        bad = {i for i in range(len(Records)) if self.refuse(self.calls, i)}
        good = [record for i, record in enumerate(Records) if i not in bad]
        if good:
            self.real.put_record_batch(DeliveryStreamName=DeliveryStreamName, Records=good)
        responses = [{"ErrorCode": "ServiceUnavailableException"} if i in bad else {} for i in range(len(Records))]
        return {"FailedPutCount": len(bad), "RequestResponses": responses}


@pytest.fixture
def many_records(monkeypatch):
    """A record a line, so that single lines can be refused; and no waiting."""
    monkeypatch.setattr(firehose, "RECORD_BYTES", 1)
    monkeypatch.setattr(firehose, "pause", lambda attempt: None)


def only_firehose(monkeypatch, stream):
    """Stands for Firehose; every other service is the account's."""
    other = aws.client
    monkeypatch.setattr("functions.ingest.handler.client", lambda s, **k: stream if s == "firehose" else other(s, **k))


def test_records_that_firehose_refuses_are_sent_again_and_only_they(account, context, monkeypatch, many_records):
    # GIVEN a stream that refuses every other record at first
    refusing = Refusing(aws.client("firehose"), lambda call, i: call == 1 and i % 2)
    only_firehose(monkeypatch, refusing)
    # WHEN a batch is handled
    status, body, _ = ask(batch_of([order(f"m-{i}") for i in range(6)]), context)
    # THEN everything arrives once
    assert (status, body["accepted"]) == (200, 6)
    assert sorted(row["message_id"] for row in account.lines("events")) == [f"m-{i}" for i in range(6)]


def test_what_stays_refused_makes_the_whole_call_one_to_send_again(account, context, monkeypatch, many_records):
    # GIVEN a stream that never takes the second record
    refusing = Refusing(aws.client("firehose"), lambda call, i: i == (1 if call == 1 else 0))
    only_firehose(monkeypatch, refusing)
    # WHEN a batch is handled
    status, body, headers = ask(batch_of([order("m-0"), order("m-1")]), context)
    # THEN the client is told to send it again and when, and no order was counted before it is safe
    assert (status, body["error"]["code"], headers["Retry-After"]) == (503, "unavailable", "5")
    assert account.items("counters") == []


@pytest.mark.parametrize("operation", ["GetItem", "PutRecordBatch", "TransactWriteItems"])
def test_throttling_anywhere_is_a_503_and_the_same_call_again_loses_and_doubles_nothing(
    account, context, monkeypatch, operation
):
    # GIVEN an AWS call that is throttled for now
    real = aws.client("dynamodb")._make_api_call.__func__
    broken = {"on": True}

    def call(self, name, parameters):
        if broken["on"] and name == operation:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, name)
        return real(self, name, parameters)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
    monkeypatch.setattr("functions.ingest.counting.pause", lambda attempt: None)
    event = batch_of([order("m-1")])
    status, _, _ = ask(event, context)
    # WHEN the client sends it again after it recovered
    broken["on"] = False
    again, _, _ = ask(event, context)
    # THEN the first answer said so, the event is kept and the order counted once
    assert (status, again) == (503, 200)
    assert {row["message_id"] for row in account.lines("events")} == {"m-1"}
    [state] = [item for item in account.items("counters") if item["sk"]["S"] == "orders"]
    assert state["orders"]["N"] == "1"


def test_logs_hold_nothing_personal(account, context, monkeypatch):
    # GIVEN calls with ids and addresses, one refused and one not deliverable
    messages = [order("m-1", customer="ann@example.com"), {"type": "identify", "traits": {"email": "bob@example.com"}}]
    written = io.StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", written)
    # WHEN they are handled
    ask(batch_of(messages), context)
    account.firehose.delete_delivery_stream(DeliveryStreamName="test-events")
    ask(batch_of(messages), context)
    # THEN the log says what happened without saying to whom
    assert "not delivered" in written.getvalue()
    assert "example.com" not in written.getvalue()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = st.sampled_from(
    [
        "type",
        "event",
        "userId",
        "anonymousId",
        "messageId",
        "timestamp",
        "sentAt",
        "originalTimestamp",
        "properties",
        "traits",
        "context",
        "name",
    ]
)
_TIMES = st.sampled_from(
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", 1e300, -1, 10**400, "not a time"]
)
_MESSAGES = st.dictionaries(_FIELDS, _JSON | _TIMES, max_size=8).map(lambda m: {"type": "track", "event": "e"} | m)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(messages=st.lists(_MESSAGES | _JSON, max_size=5), extra=st.dictionaries(_FIELDS, _JSON | _TIMES, max_size=2))
def test_whatever_is_in_a_batch_every_message_is_accepted_or_rejected(account, context, messages, extra):
    # GIVEN any JSON at all as the messages of a batch
    # WHEN it is handled
    status, body, _ = ask(batch_of(messages, **extra), context)
    # THEN each is accounted for
    assert status == 200
    assert body["accepted"] + len(body["rejected"]) == len(messages)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(body=st.text() | st.binary().map(lambda b: base64.b64encode(b).decode()), encoded=st.booleans())
def test_no_body_is_a_server_error(account, context, body, encoded):
    # GIVEN any text, or any bytes
    event = proxy_event("track", body=body, isBase64Encoded=encoded)
    # WHEN it is handled
    status, answer, _ = ask(event, context)
    # THEN it is a client's error with a message
    assert status in (400, 413)
    assert answer["error"]["message"]
