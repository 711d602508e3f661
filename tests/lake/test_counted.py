"""What is counted of a customer's events, found by these events' ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from commerce.families import discover
from commerce.streams.places import Pair, record_key, state_key
from lake.privacy import counted
from lake.privacy.counted import ChangingError, CountedEvents, UnreadError
from lake.privacy.subject import Subject

ASSESSING = {name: family.assessment for name, family in discover().items() if family.assessment}
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
FIELDS = {
    "amount": 80.0, "device_id": "d-1", "ip": "192.0.2.7", "shipping_address": "a-1", "card_fingerprint": "k-1",
    "succeeded": True, "user_agent": "x", "requests": 7.0,
}  # fmt: skip


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="counters",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def put(dynamodb: Any, pair: Pair, **values: str) -> None:
    item = {"pk": {"S": pair[0]}, "sk": {"S": pair[1]}, "revision": {"N": "1"}}
    dynamodb.put_item(TableName="counters", Item=item | {name: {"S": value} for name, value in values.items()})


def tell(dynamodb: Any, family: str, event_id: str, customer: str | None) -> dict[str, Pair]:
    """Keep an event's record and states as functions do; the states' keys by entity."""
    of = ASSESSING[family]
    event = of.counted(event_id, AT, FIELDS | {"customer_id": customer}).counted(of.streams)
    pairs = {entity: state_key(of.streams, entity, key) for entity, key in event.keys.items()}
    for pair in pairs.values():
        put(dynamodb, pair, state="{}")
    put(dynamodb, record_key(of.streams, event_id), told=json.dumps(event.document()))
    return pairs


def left(dynamodb: Any) -> set[Pair]:
    items = dynamodb.scan(TableName="counters", ConsistentRead=True)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]) for item in items}


def of(customer: str, **events: str) -> CountedEvents:
    return CountedEvents("counters", Subject(customer, events={t: frozenset({id_}) for t, id_ in events.items()}))


@pytest.mark.parametrize("family", ASSESSING)
def test_of_an_event_the_record_and_the_states_of_pairs_go_and_no_others(dynamodb: Any, family: str) -> None:
    # GIVEN an event of the customer's, and the same of a neighbour, on the same device, address and network
    theirs, neighbours = tell(dynamodb, family, "e-1", "c-1"), tell(dynamodb, family, "e-2", "c-10")
    before = left(dynamodb)
    # WHEN what is counted of the first is erased
    count = of("c-1", **{ASSESSING[family].event_type: "e-1"}).erase()
    # THEN exactly what is the customer's alone is gone, less the state that their id leads to
    gone = before - left(dynamodb)
    pairs = {pair for name, pair in theirs.items() if name.startswith("customer_")}
    assert gone == {record_key(ASSESSING[family].streams, "e-1"), *pairs}
    assert count == len(gone)
    assert not gone & set(neighbours.values())


def test_a_visitors_session_goes_with_the_customer_who_they_turned_out_to_be(dynamodb: Any) -> None:
    # GIVEN a session that nobody had logged in to
    tell(dynamodb, "bots", "s-1", None)
    # WHEN the customer is erased whose it turned out to be
    of("c-1", session="s-1").erase()
    # THEN its record is gone
    assert record_key(ASSESSING["bots"].streams, "s-1") not in left(dynamodb)


def test_an_event_that_is_somebody_elses_now_stays(dynamodb: Any) -> None:
    # GIVEN a payment that was told of one customer first, and is another's
    tell(dynamodb, "fraud", "p-1", "c-10")
    before = left(dynamodb)
    # WHEN the first is erased
    count = of("c-1", payment="p-1").erase()
    # THEN the other's is as it was
    assert (count, left(dynamodb)) == (0, before)


def test_a_label_that_waits_for_its_event_goes_too(dynamodb: Any) -> None:
    # GIVEN a label whose payment was never counted
    put(dynamodb, record_key(ASSESSING["fraud"].streams, "p-1"), label='{"fraud": true, "at": 0}')
    # WHEN the customer is erased whose payment it is
    of("c-1", payment="p-1").erase()
    # THEN it is gone
    assert left(dynamodb) == set()


def test_what_many_events_lead_to_is_told_once_and_whole(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN more payments with one device than are read at a time
    monkeypatch.setattr(counted, "TOGETHER", 3)
    ids = [f"p-{n}" for n in range(7)]
    for id_ in ids:
        tell(dynamodb, "fraud", id_, "c-1")
    # WHEN what is counted of them is read
    items = list(CountedEvents("counters", Subject("c-1", events={"payment": frozenset(ids)})).items())
    # THEN every record is there, and the pairs' states once
    keys = [item["pk"] for item in items]
    assert len(set(keys)) == len(keys) == 7 + 2


def test_a_record_that_changes_meanwhile_is_read_again(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a payment that is told once more between reading and deleting
    tell(dynamodb, "fraud", "p-1", "c-1")
    events = of("c-1", payment="p-1")
    real, changed = events._delete, []

    def raced(item: dict[str, Any]) -> int:
        if item["sk"] == "seen" and not changed:
            changed.append(1)
            item = item | {"revision": 0}
        return real(item)

    monkeypatch.setattr(events, "_delete", raced)
    # WHEN it is erased
    events.erase()
    # THEN the next pass has it
    assert changed
    assert record_key(ASSESSING["fraud"].streams, "p-1") not in left(dynamodb)


def test_a_record_that_never_holds_still_is_given_up_aloud(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a record that somebody changes each time before it is deleted
    tell(dynamodb, "fraud", "p-1", "c-1")
    events = of("c-1", payment="p-1")
    real = events._delete
    monkeypatch.setattr(events, "_delete", lambda item: real(item | ({"revision": 0} if "revision" in item else {})))
    # WHEN it is erased THEN the job learns that it is not
    with pytest.raises(ChangingError, match="passes"):
        events.erase()


def test_a_table_that_stays_throttled_fails_the_job(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a table that reads nothing
    events = of("c-1", payment="p-1")
    monkeypatch.setattr(counted.time, "sleep", lambda _: None)
    pending = {"counters": {"Keys": [{}]}}
    monkeypatch.setattr(events._dynamodb, "batch_get_item", lambda **_: {"Responses": {}, "UnprocessedKeys": pending})
    # WHEN it is erased THEN nothing is taken for gone
    with pytest.raises(UnreadError, match="1 keys of counters"):
        events.erase()
