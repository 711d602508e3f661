"""Decisions through the real handler, against tables, streams and artifacts in process."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from commerce.families import discover
from functions.assess import handler as assess_handler
from functions.assess.handler import respond
from functions.assess.storage import AwsStorage
from functions.common import aws, streams
from functions.common.http import ApiError
from functions.common.streams import state_key
from functions.ingest.handler import handler as ingest
from tests.functions.asking_runtime import measured
from tests.functions.assessing import FRAUD, NOW, OVER, archive, asked, payment, portable, release
from tests.functions.support import MODELS, SERVER_KEY, basic, proxy_event


@pytest.fixture
def assess(account, monkeypatch):
    """Asks, with nothing remembered from the test before."""
    monkeypatch.setattr(assess_handler, "storage", AwsStorage())

    def ask(fields, *, now=NOW, name="fraud"):
        reply = respond(asked(fields, name), now)
        return json.loads(reply["body"])

    return ask


def attempts(assess, count, **changes):
    """So many payments with one card, a second apart."""
    return [assess(payment(f"p-{n}", **changes), now=NOW + timedelta(seconds=n)) for n in range(count)]


def test_a_burst_with_one_card_is_blocked_by_what_was_counted_a_moment_ago(account, assess):
    # GIVEN a model that calls many payments with one card within minutes fraud
    release(account)
    # WHEN a card is tried again and again
    answers = attempts(assess, int(OVER) + 2)
    # THEN the first are approved, and the one after the limit is not, with the reason in words
    assert [answer["outcome"] for answer in answers] == ["approve"] * (int(OVER) + 1) + ["block"]
    last = answers[-1]
    assert (last["source"], last["decided_by"], last["version"]) == ("model", "model", "7")
    assert last["probability"] == pytest.approx(0.9)
    assert last["reasons"][0]["text"] == "5 payments of this card in the last 10 minutes"
    assert last["costs"]["block"] < last["costs"]["approve"]


def test_the_same_event_asked_twice_gets_the_same_decision_and_counts_once(account, assess):
    # GIVEN a decision
    release(account)
    first = assess(payment())
    # WHEN the same event is asked for again, later and with another amount
    again = assess(payment(amount=9000.0), now=NOW + timedelta(hours=1))
    # THEN the decision stands, and the card was used once
    assert again == first
    assert counted_payments(account) == 1


def counted_payments(account, entity="card"):
    return sum(vector[0] for vector in state(account, entity)["t"]["day"].values())


def state(account, entity="card"):
    """The state of an entity of `payment()`, as it is stored."""
    event = FRAUD.assessment.counted("x", NOW, payment()).counted(FRAUD.assessment.streams)
    pk, sk = state_key(FRAUD.assessment.streams, entity, event.keys[entity])
    item = account.dynamodb.get_item(TableName="test-counters", Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    return json.loads(item["state"]["S"])


def attempted(id_="p-1", at=NOW, message="m-1", **changes):
    """The tracked event of a payment."""
    fields = payment(id_)
    properties = {"payment_id": fields.pop("event_id"), **fields, **changes}
    customer = properties.pop("customer_id")
    return {"type": "track", "event": "Payment Attempted", "messageId": message, "userId": customer,
            "timestamp": at.isoformat(), "properties": properties}  # fmt: skip


def labelled(id_="p-1", at=NOW, *, fraud=True, message="l-1"):
    """The event of a label."""
    properties = {"event_type": "payment", "event_id": id_, "fraud": fraud, "source": "chargeback"}
    return {"type": "track", "event": "Label Given", "messageId": message, "userId": "back-office",
            "timestamp": at.isoformat(), "properties": properties}  # fmt: skip


def tell(context, *messages):
    headers = {"Authorization": basic(SERVER_KEY)}
    reply = ingest(proxy_event("batch", headers=headers, body=json.dumps({"batch": list(messages)})), context)
    assert json.loads(reply["body"]) == {"success": True, "accepted": len(messages), "rejected": []}


def test_the_event_that_follows_its_decision_is_not_counted_again(account, assess, context):
    # GIVEN a decision on a payment
    assess(payment())
    # WHEN the shop tells the payment's outcome, twice
    tell(context, attempted(outcome="declined"), attempted(outcome="declined"))
    # THEN the card has one payment, which was declined
    assert counted_payments(account) == 1


def test_an_event_told_out_of_order_and_twice_is_counted_once_as_it_was_told_last(account, context):
    # GIVEN a payment that was pending, then approved for less
    pending = attempted(outcome="pending", amount=80.0, message="m-1")
    approved = attempted(outcome="approved", amount=60.0, at=NOW + timedelta(seconds=5), message="m-2")
    # WHEN the messages come the wrong way round, and once more
    tell(context, approved)
    tell(context, pending)
    tell(context, approved, pending)
    # THEN one payment of the later amount is counted
    assert [vector[:2] for vector in state(account, "customer")["t"]["day"].values()] == [[1, 600_000]]


@pytest.mark.parametrize("label_first", [True, False])
def test_a_label_counts_once_whether_it_comes_before_its_event_or_after(account, context, label_first):
    # GIVEN a payment and its chargeback
    messages = [attempted(), labelled(at=NOW + timedelta(days=9))]
    # WHEN they come in either order, and once more
    for message in reversed(messages) if label_first else messages:
        tell(context, message)
    tell(context, *messages)
    # THEN the card has one fraud, on the day on which it became known
    assert state(account)["f"] == {str(int(NOW.timestamp()) // 86400 + 9): 1}


def test_a_label_taken_back_is_no_longer_counted(account, context):
    # GIVEN a payment called fraud
    tell(context, attempted(), labelled())
    # WHEN the review says that it was not
    tell(context, labelled(at=NOW + timedelta(days=1), fraud=False, message="l-2"))
    # THEN its card has no fraud
    assert "f" not in state(account)


def test_an_event_of_a_clock_that_is_ahead_is_kept_but_not_counted(account, context):
    # GIVEN a payment that was counted
    now = datetime.now(UTC)
    tell(context, attempted(at=now))
    # WHEN a sender's clock is an hour ahead
    tell(context, attempted("p-2", at=now + timedelta(hours=1), message="m-2"))
    # THEN the lake's stream has both, and the card what really was
    assert len(account.lines("events")) == 2
    assert counted_payments(account) == 1


def throttled(*_, **__):
    raise ClientError({"Error": {"Code": "ProvisionedThroughputExceededException", "Message": ""}}, "BatchGetItem")


def test_without_what_is_counted_the_rules_decide_alone_and_say_so(account, assess, monkeypatch):
    # GIVEN a released model, and a table that is throttled
    release(account)
    monkeypatch.setattr("functions.assess.storage.batch_get_beside", throttled)
    # WHEN a payment is decided on
    answer = assess(payment())
    # THEN there is a decision, without the model, which says what it went without
    assert (answer["outcome"], answer["decided_by"], answer["source"]) == ("approve", "rules", "baseline")
    assert answer["missing"] == ["state"]
    assert answer["probability"] is None


@pytest.mark.parametrize("down", [True, False])
def test_the_share_of_decisions_that_go_without_something_is_measured(account, monkeypatch, context, capsys, down):
    # GIVEN what is counted, that can be read or not
    monkeypatch.setattr(assess_handler, "storage", AwsStorage())
    if down:
        monkeypatch.setattr("functions.assess.storage.batch_get_beside", throttled)
    assess_handler.metrics.clear_metrics()
    # WHEN a payment is decided on
    assess_handler.handler(asked(payment(occurred_at=NOW.isoformat())), context)
    # THEN it counts 1 among those that went without, or 0, so that their average is the share
    values, dimensions = measured(capsys)
    assert values["DecisionsWithout"] == [float(down)]
    assert (dimensions["service"], dimensions["family"]) == ("assess", "fraud")


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", archive(b"{}"), archive(b"[1", "portable.json"), archive(b"x", "other")],
    # An archive holds the time it was packed at, and workers have to collect the same names.
    ids=["nothing", "no archive", "an empty object", "broken text", "another file"],
)
def test_an_artifact_that_cannot_be_read_leaves_the_rules(account, assess, content):
    # GIVEN a release whose artifact is damaged
    release(account)
    account.s3.put_object(Bucket=MODELS, Key="runs/fraud/20260519-abcdef/model/output/model.tar.gz", Body=content)
    # WHEN a payment is decided on
    answer = assess(payment())
    # THEN the rules decide, and the answer says that the model was missing
    assert (answer["outcome"], answer["missing"]) == ("approve", ["model"])


def test_before_the_first_release_the_rules_decide(assess):
    # GIVEN no release WHEN a payment is decided on THEN it says that there was no model
    assert assess(payment())["missing"] == ["model"]


def test_a_cold_start_calls_its_score_an_anomaly_and_no_probability(account, assess):
    # GIVEN a version that learned without labels
    release(account, portable("anomaly"))
    # WHEN a payment is decided on
    answer = assess(payment())
    # THEN it says so, to the lake as well
    assert (answer["source"], answer["probability"], answer["anomaly"]) == ("cold_start", None, pytest.approx(0.001))
    (row,) = [row for row in account.lines("events") if row["name"] == "Decision Made"]
    told = json.loads(row["properties"])
    assert (told["anomaly"], "probability" in told) == (answer["anomaly"], False)


def test_a_decision_is_told_to_the_lake_with_its_snapshot_and_its_event(account, assess):
    # GIVEN a model WHEN a payment is decided on
    release(account)
    answer = assess(payment())
    # THEN the stream has the event and the decision with every feature it was decided on
    rows = {row["name"]: row for row in account.lines("events")}
    snapshot = json.loads(rows["Decision Made"]["properties"])
    assert (snapshot["decision_id"], snapshot["outcome"]) == (answer["decision_id"], "approve")
    assert snapshot["features"]["card_count_10m"] == 0.0
    event = json.loads(rows["Payment Attempted"]["properties"])
    assert (event["payment_id"], event["amount"]) == ("p-1", 80.0)


def test_decisions_at_once_on_one_card_are_all_counted(account, assess, monkeypatch):
    # GIVEN a second decision that comes between the reading and the writing of the first
    monkeypatch.setattr(streams, "pause", lambda *_, **__: None)
    real, second = assess_handler.keeping.count, []

    def meanwhile(request, decision, now):
        if not second:
            second.append(None)
            assess(payment("p-2"))
        return real(request, decision, now)

    monkeypatch.setattr(assess_handler.keeping, "count", meanwhile)
    # WHEN both are made
    assess(payment("p-1"))
    # THEN both count
    assert counted_payments(account) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": -1}, 400),
        ({"amount": 1e300}, 400),
        ({"currency": "euros"}, 400),
        ({"card_fingerprint": "4111111111111111"}, 400),
        ({"customer_id": "x" * 1_000}, 400),
        ({"order_id": "x" * 1_000_000}, 413),
        ({"surprise": 1}, 400),
        ({"amount": "80"}, 400),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, 400),
    ],
)
def test_what_is_no_payment_is_refused_with_what_is_wrong(assess, change, code):
    # GIVEN a question that is wrong in one way WHEN it is asked THEN the answer says what, and nothing is decided
    with pytest.raises(ApiError) as refused:
        assess(payment(**change))
    assert refused.value.status == code
    assert code == 413 or next(iter(change)) in refused.value.message


@pytest.mark.parametrize(
    "body", ['{"amount": NaN, "event_id": "p"}', "[]", "", "{", '{"event_id": "\\ud800", "amount": 1}']
)
def test_what_is_no_json_object_is_refused(assess, body):
    with pytest.raises(ApiError) as refused:
        assess(body)
    assert refused.value.status == 400


def test_every_family_that_assesses_has_its_route(assess):
    # GIVEN the least that is known of an event of each family WHEN it is decided on THEN the rules approve it
    for name, spec in discover().items():
        if spec.assessment is not None:
            least = {"event_id": "e-1"} | ({"amount": 1.0} if name == "fraud" else {})
            assert assess(least, name=name)["outcome"] == "approve"


def test_one_read_of_the_state_is_made_per_decision(account, assess, monkeypatch):
    # GIVEN a model that was read before
    release(account)
    assess(payment("p-0"))
    calls = []
    real = aws.client("dynamodb", read_timeout=0.2, attempts=1).batch_get_item
    monkeypatch.setattr(
        aws.client("dynamodb", read_timeout=0.2, attempts=1),
        "batch_get_item",
        lambda **request: calls.append(list(request["RequestItems"])) or real(**request),
    )
    # WHEN a payment is decided on
    assess(payment("p-1"))
    # THEN what is counted is read in one batch
    assert calls == [["test-counters"]]
