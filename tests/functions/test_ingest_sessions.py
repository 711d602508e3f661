"""Keeping what visitors did: each message once, in any order, whoever else writes at the same time."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.actions import DAYS, KEPT, customer_key, visitor_key
from functions.common import actions, lately
from functions.common.actions import Told, instant
from functions.common.aws import client
from functions.ingest import handler, sessions
from functions.ingest.latest import merged, too_old_at
from tests.functions.support import proxy_event

NOW = datetime.now(UTC).replace(microsecond=0)
TABLE = "test-counters"
KEY = customer_key("c-1")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "any")


def told(number, products=None):
    """Message number n was told n minutes after yesterday's same time."""
    return Told(
        instant(NOW - timedelta(days=1) + timedelta(minutes=number)), f"m-{number}", "viewed", products or ["p"]
    )


def add(*messages, key=KEY):
    sessions.add(client("dynamodb"), TABLE, {key: list(messages)}, now=NOW)


def item(key=KEY):
    pk, sk = key
    return client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}}).get("Item")


def kept(key=KEY):
    return [each.message for each in actions.from_item(item(key) or {})]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(sessions, "pause", lambda attempt: None)


MESSAGES = st.builds(
    lambda number, minutes, products: told(minutes, products)._replace(message=f"m-{number:03}"),
    st.integers(0, 999),
    st.integers(0, 40),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=60),
)


@given(st.lists(MESSAGES, max_size=60, unique_by=lambda m: m.message), st.data())
def test_any_order_and_any_repetition_of_the_same_messages_keep_the_same(messages, data):
    # GIVEN messages, and deliveries that bring each of them at least once
    again = st.lists(st.sampled_from(messages), max_size=30) if messages else st.just([])
    brought = data.draw(st.permutations(messages + data.draw(again)))
    # WHEN they are kept delivery by delivery
    state, size = [], data.draw(st.integers(1, 20))
    for start in range(0, len(brought), size):
        state = merged(state, brought[start : start + size], too_old_at(NOW))
    # THEN it is the newest actions of all of them, in order
    every = [(m.at, m.message, product) for m in sorted(messages) for product in m.products]
    assert [(m.at, m.message, product) for m in state for product in m.products] == every[-KEPT:]


def test_a_message_sent_again_adds_nothing_though_it_seems_later(account):
    # GIVEN actions that were kept
    add(told(1), told(2))
    before = item()
    # WHEN one without a time of its own comes again, and so seems to have happened now
    add(told(1)._replace(at=instant(NOW)))
    # THEN the item is untouched
    assert item() == before


def test_what_is_older_than_items_are_kept_is_not_written(account):
    # GIVEN a message of long ago, as a shop's history has them
    # WHEN it is kept
    add(told(1)._replace(at=instant(NOW - timedelta(days=DAYS))))
    # THEN there is no item
    assert item() is None


def test_a_new_action_takes_the_place_of_those_that_are_too_old(account):
    # GIVEN an item that has expired and was not removed yet
    old = told(1)._replace(at=instant(NOW - timedelta(days=DAYS, seconds=1)))
    client("dynamodb").put_item(TableName=TABLE, Item=actions.to_item(KEY, [old], 4))
    # WHEN the visitor comes back
    add(told(2))
    # THEN only what they did now is kept, until its days are over
    assert kept() == ["m-2"]
    last = NOW - timedelta(days=1) + timedelta(minutes=2)
    assert item()["ttl"]["N"] == str(int((last + timedelta(days=DAYS)).timestamp()))


@pytest.mark.parametrize("damage", [{"told": {"S": "?"}}, {"told": {"S": "?"}, "revision": None}])
def test_an_item_that_cannot_be_read_is_written_anew(account, damage):
    # GIVEN a damaged item
    damaged = actions.to_item(KEY, [told(1)], 4) | damage
    client("dynamodb").put_item(TableName=TABLE, Item={k: v for k, v in damaged.items() if v})
    # WHEN the visitor does something
    add(told(2))
    # THEN it is kept
    assert kept() == ["m-2"]


def test_a_batch_of_many_visitors_takes_few_calls(account, monkeypatch):
    # GIVEN a server's batch of 120 visitors
    visitors = {visitor_key(f"v-{number}"): [told(number)] for number in range(120)}
    made = count_calls(monkeypatch)
    # WHEN it is kept
    sessions.add(client("dynamodb"), TABLE, visitors, now=NOW)
    # THEN each has their action, by two reads and two writes
    assert made == ["BatchGetItem"] * 2 + ["TransactWriteItems"] * 2
    assert len(account.items("counters")) == 120


def test_one_visitor_takes_a_read_and_a_write(account, monkeypatch):
    # GIVEN a browser's delivery
    made = count_calls(monkeypatch)
    # WHEN it is kept
    add(told(1), told(2))
    # THEN it is the cheapest way to do it
    assert made == ["BatchGetItem", "PutItem"]


def count_calls(monkeypatch):
    made = []
    real = client("dynamodb")._make_api_call.__func__

    def call(self, name, parameters):
        made.append(name)
        return real(self, name, parameters)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
    return made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=30), min_size=2, max_size=4))
def test_concurrent_writers_lose_nothing(account, one_at_a_time, deliveries):
    # GIVEN deliveries of the same visitor, and of another one each
    visitor = visitor_key(str(uuid4()))

    def deliver(numbers):
        own = customer_key(str(uuid4()))
        messages = [told(number) for number in numbers]
        sessions.add(client("dynamodb"), TABLE, {visitor: messages, own: messages}, now=NOW)

    # WHEN they are kept at the same time
    with ThreadPoolExecutor(len(deliveries)) as pool:
        list(pool.map(deliver, deliveries))
    # THEN it is as if they had come one after the other
    distinct = sorted({number for numbers in deliveries for number in numbers})
    assert kept(visitor) == [f"m-{number}" for number in distinct][-KEPT:]


def test_a_busy_visitor_does_not_hold_back_the_others(account, monkeypatch):
    # GIVEN a visitor whose item somebody else changes before every write
    visitors = {visitor_key(f"v-{number}"): [told(1)] for number in range(20)}
    busy = visitor_key("v-7")
    real, numbers = client("dynamodb")._make_api_call.__func__, iter(range(2, 1000))

    def call(self, name, parameters):
        if name in ("PutItem", "TransactWriteItems") and busy[0] in json.dumps(parameters):
            put = {"TableName": TABLE, "Item": actions.to_item(busy, [told(number := next(numbers))], number)}
            real(self, "PutItem", put)
        return real(self, name, parameters)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
    # However slow the machine is, every attempt is made.
    monkeypatch.setattr(sessions, "SECONDS", 60.0)
    # WHEN a batch with that visitor is kept
    with pytest.raises(sessions.NotKeptError, match="of 1 visitors"):
        sessions.add(client("dynamodb"), TABLE, visitors, now=NOW)
    # THEN all others have their action
    assert [key for key in visitors if kept(key) != ["m-1"]] == [busy]


@pytest.mark.parametrize("operation", ["BatchGetItem", "PutItem", "TransactWriteItems"])
@pytest.mark.parametrize("times", [1, 3])
def test_throttling_that_passes_is_survived(account, monkeypatch, operation, times):
    # GIVEN a table that throttles the first calls
    fail(monkeypatch, operation, THROTTLED, times)
    visitors = {KEY: [told(1)]} | ({visitor_key("v"): [told(1)]} if operation == "TransactWriteItems" else {})
    # WHEN actions are kept
    sessions.add(client("dynamodb"), TABLE, visitors, now=NOW)
    # THEN they are there
    assert all(kept(key) == ["m-1"] for key in visitors)


def test_a_write_whose_answer_was_lost_is_not_doubled(account, monkeypatch):
    # GIVEN a write that arrives and whose repetition, by the SDK, is refused
    real = client("dynamodb").put_item

    def twice(**put):
        real(**put)
        return real(**put)

    monkeypatch.setattr(client("dynamodb"), "put_item", twice)
    # WHEN an action is kept
    add(told(1))
    # THEN it is once there
    assert kept() == ["m-1"]


def fail(monkeypatch, operation, error, times):
    real, left = client("dynamodb")._make_api_call.__func__, iter(range(times))

    def call(self, name, parameters):
        if name == operation and next(left, None) is not None:
            raise error
        return real(self, name, parameters)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)


def batch(*messages):
    return proxy_event("batch", body=json.dumps({"batch": list(messages)}))


def message(id_, name="Product Viewed", **changes):
    body = {"type": "track", "event": name, "messageId": id_, "timestamp": NOW.isoformat(), "userId": "c-1"}
    return body | {"properties": {"product_id": "p-1"}} | changes


def test_a_delivery_keeps_the_actions_of_what_was_accepted(account, context):
    # GIVEN a visitor who looks around, turns out to be a customer and orders, among other events and a bad one
    lines = {"order_id": "o-1", "products": [{"product_id": "p-2"}, {"product_id": "p-1"}]}
    event = batch(
        message("m-1", userId=None, anonymousId="v-1"),
        message("m-2", "Hello"),
        message("m-3", "Order Completed", properties=lines, anonymousId="v-1"),
        message("m-4", "Product Added", properties={}),
    )
    # WHEN it is handled, twice
    answers = [handler.handler(event, context)["statusCode"] for _ in range(2)]
    # THEN what was accepted is with whoever did it, once
    found = lately.read(client("dynamodb"), TABLE, [KEY, visitor_key("v-1")]).actions
    assert answers == [200, 200]
    assert {key: [(a.kind, a.product_id) for a in done] for key, done in found.items()} == {
        KEY: [("ordered", "p-2"), ("ordered", "p-1")],
        visitor_key("v-1"): [("viewed", "p-1")],
    }


@pytest.mark.parametrize(
    "error",
    [
        THROTTLED,
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "c-1 may not"}}, "any"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
        RuntimeError("c-1"),
    ],
)
@pytest.mark.parametrize("operation", ["BatchGetItem", "PutItem"])
def test_a_failure_never_fails_the_delivery_and_is_counted(account, context, monkeypatch, error, operation):
    # GIVEN a table that does not work
    fail(monkeypatch, operation, error, 1000)
    written = io.StringIO()
    monkeypatch.setattr(handler.log.registered_handler, "stream", written)
    monkeypatch.setattr("builtins.print", lambda text, **_: written.write(text + "\n"))
    # WHEN an event is delivered
    answer = handler.handler(batch(message("m-1")), context)
    # THEN it is in the stream, a metric counts the failure, and the log names nobody
    assert (answer["statusCode"], json.loads(answer["body"])["accepted"]) == (200, 1)
    assert [row["message_id"] for row in account.lines("events")] == ["m-1"]
    assert '"SessionFailures":[1.0]' in written.getvalue().replace(" ", "")
    assert "latest actions not kept" in written.getvalue()
    assert "c-1" not in written.getvalue()


def test_a_table_that_does_not_answer_is_given_up_soon(account, monkeypatch):
    # GIVEN a clock that shows every attempt to take a second
    ticks = iter(range(100))
    monkeypatch.setattr(sessions.time, "monotonic", lambda: next(ticks))
    fail(monkeypatch, "PutItem", THROTTLED, 1000)
    # WHEN actions are kept
    # THEN it ends before the attempts do
    with pytest.raises(sessions.NotKeptError):
        add(told(1))
    assert next(ticks) <= sessions.ATTEMPTS
