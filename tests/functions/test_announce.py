"""Alerts of a released version reach the bus, each with an id that stays the same."""

import json

import pytest
from botocore.exceptions import ClientError

from commerce import runs
from commerce.rankings import MOST_ALERTS, Alert
from functions.announce.handler import NotTakenError, handler
from functions.common.objects import MissingObjectError
from tests.functions.support import MODELS, session_client
from tests.functions.test_rankings import action

DETAIL = {"family": "stock", "run_id": "20260302-abcdef", "version": "4", "as_of": "2026-03-02", "share": 0}
RELEASED = {"detail-type": "Retrain Released", "detail": DETAIL | {"execution": "e-1"}}


@pytest.fixture
def bus(account, monkeypatch):
    """Gives what reached the bus since the last look."""
    monkeypatch.setenv("EVENT_BUS", "shop")
    events, sqs = session_client("events"), account.sqs
    events.create_event_bus(Name="shop")
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="heard", EventBusName="shop", EventPattern='{"source": ["shopkeeper"]}')
    events.put_targets(Rule="heard", EventBusName="shop", Targets=[{"Id": "q", "Arn": arn}])

    def heard():
        found = []
        while some := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            for message in some:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    return heard


def write(account, *alerts):
    key = runs.Run("stock", "20260302-abcdef").key(runs.ALERTS)
    body = json.dumps([alert.model_dump(mode="json") for alert in alerts])
    account.s3.put_object(Bucket=MODELS, Key=key, Body=body.encode())


def test_each_alert_is_an_event_of_its_kind_with_how_many_there_are(account, context, bus):
    # GIVEN a run with more alerts of one kind than are told
    told = [action(n) for n in range(MOST_ALERTS)]
    write(account, Alert(detail_type="Stock-out Expected", total=300, rows=told),
          Alert(detail_type="Overstock Found", total=1, rows=[action(99)]))  # fmt: skip
    # WHEN its version is released
    counted = handler(RELEASED, context)
    # THEN each is told, of how many, with its row
    events = bus()
    assert counted == {"alerts": len(events)} == {"alerts": MOST_ALERTS + 1}
    outs = sorted((e["detail"] for e in events if e["detail-type"] == "Stock-out Expected"), key=lambda d: d["place"])
    assert [detail["alert"] for detail in outs] == told
    assert {(detail["of"], detail["version"], detail["run_id"]) for detail in outs} == {(300, "4", "20260302-abcdef")}


def test_told_again_an_alert_has_the_same_id_and_in_another_run_another(account, context, bus):
    # GIVEN two alerts
    write(account, Alert(detail_type="Stock-out Expected", total=2, rows=[action(1), action(2)]))
    # WHEN the release is heard of twice
    ids = []
    for _ in range(2):
        handler(RELEASED, context)
        ids.append({event["detail"]["alert_id"] for event in bus()})
    # THEN whoever hears them can tell that they are the same
    assert ids[0] == ids[1] and len(ids[0]) == 2


def test_a_run_without_alerts_tells_nothing(account, context, bus):
    # GIVEN a run in which all is well
    write(account, Alert(detail_type="Stock-out Expected", total=0, rows=[]))
    # WHEN its version is released
    # THEN there is no event
    assert handler(RELEASED, context) == {"alerts": 0}
    assert bus() == []


def test_what_the_bus_does_not_take_fails_the_call_so_that_it_is_tried_again(account, context, bus, monkeypatch):
    # GIVEN a bus that takes only a part
    write(account, Alert(detail_type="Stock-out Expected", total=1, rows=[action(1)]))
    busy = type("Bus", (), {"put_events": lambda self, Entries: {"FailedEntryCount": 1}})()
    monkeypatch.setattr("functions.announce.handler.client", lambda _: busy)
    # WHEN the release is heard of
    # THEN the function fails
    with pytest.raises(NotTakenError, match="1 of 1"):
        handler(RELEASED, context)


def test_alerts_that_are_not_there_fail_the_call(account, context, bus):
    # GIVEN a run that wrote none
    # WHEN its release is heard of
    # THEN the function fails with the reason, and its queue keeps the event
    with pytest.raises((MissingObjectError, ClientError)):
        handler(RELEASED, context)
