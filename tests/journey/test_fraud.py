"""Fraud on the local cloud: learned by the workflow, decided by the API, judged by people, ruled by the shop."""

import json
import urllib.error
import urllib.request
import uuid

import pytest

from tests.journey import cards
from tests.journey.conftest import AS_OF
from tests.journey.test_events import eventually, objects, send


def call(shop, method, path, body=None):
    """The API's answer."""
    request = urllib.request.Request(
        shop.api + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"x-api-key": shop.api_key, "content-type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def deciding(loaded):
    """The shop after fraud was trained and released, through the workflow."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in loaded.environ.items():
            patched.setenv(name, value)
        from lake import Lake

        lake = Lake.open(f"s3://{loaded.outputs['LakeBucket']}/lake", cache=loaded.state / "cache")
        payments, labels = cards.rows(cards.midnight(AS_OF))
        lake.write("payments", payments)
        lake.write("labels", labels)
    result = loaded.shopkeeper("retrain", "fraud", "--as-of", AS_OF.isoformat(), timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr
    return loaded


def payment(card, **changes):
    fields = {
        "event_id": uuid.uuid4().hex,
        "customer_id": uuid.uuid4().hex,
        "amount": 60.0,
        "currency": "EUR",
        "card_fingerprint": card,
        "device_id": card,
    }
    return fields | changes


def test_a_burst_with_one_card_is_stopped_with_its_reasons(deciding):
    # GIVEN a released version, and a card that nobody used before
    card = uuid.uuid4().hex
    # WHEN it is tried again and again
    answers = [call(deciding, "POST", "/v1/fraud:assess", payment(card)) for _ in range(7)]
    # THEN the first is approved and the last is not, by the version, for what was counted meanwhile
    assert answers[0]["outcome"] == "approve"
    last = answers[-1]
    assert (last["source"], last["missing"]) == ("model", [])
    assert last["outcome"] in ("review", "block")
    assert last["probability"] > 5 * answers[0]["probability"]
    assert any("this card" in reason["text"] or "this device" in reason["text"] for reason in last["reasons"])


def test_a_verdict_of_the_queue_reaches_the_lakes_stream(deciding):
    # GIVEN a decision that somebody should look at, by a rule that holds until the shop has its own
    card = uuid.uuid4().hex
    while (asked := call(deciding, "POST", "/v1/fraud:assess", payment(card)))["outcome"] == "approve":
        pass
    # WHEN it is judged
    path = f"/v1/reviews/fraud/{asked['event_id']}"
    judged = call(deciding, "POST", path, {"fraud": True, "reviewer": "journey"})
    # THEN the verdict is kept, and its label comes to the lake
    assert judged["verdict"]["fraud"] is True

    def label():
        rows = [row for row in objects(deciding, "raw/events/") if row["name"] == "Label Given"]
        return [row for row in rows if json.loads(row["properties"])["event_id"] == asked["event_id"]]

    assert eventually(label)


def test_rules_are_tried_on_history_before_they_decide(deciding):
    # GIVEN a rule of the shop's own
    rules = [
        {"id": "no-gifts", "when": 'event.method == "gift"', "outcome": "block", "reason": "gift cards are stolen"},
        {"id": "look-at", "when": 'event.method == "invoice"', "outcome": "review", "reason": "somebody should look"},
    ]
    version = call(deciding, "PUT", "/v1/rules/fraud", {"rules": rules, "author": "journey"})["version"]
    # WHEN it is made live before and after it was tried
    with pytest.raises(urllib.error.HTTPError) as refused:
        call(deciding, "POST", "/v1/rules/fraud/activate", {"version": version})
    simulated = call(deciding, "POST", "/v1/rules/fraud/simulate", {"version": version})
    call(deciding, "POST", "/v1/rules/fraud/activate", {"version": version})
    # THEN it was refused at first, was tried on what the model was judged on, and decides within seconds
    assert refused.value.code == 409
    assert simulated["events"] > 500 and simulated["frauds"] > 20

    def blocked():
        answer = call(deciding, "POST", "/v1/fraud:assess", payment(uuid.uuid4().hex, method="gift"))
        return answer if answer["outcome"] == "block" else None

    answer = eventually(blocked)
    assert [fired["id"] for fired in answer["rules"]] == ["no-gifts"]
    assert answer["decided_by"] == "rules"


def test_what_somebody_should_look_at_waits_until_it_is_judged(deciding):
    # GIVEN a payment that the rule made live before has looked at
    asked = call(deciding, "POST", "/v1/fraud:assess", payment(uuid.uuid4().hex, method="invoice"))
    assert asked["outcome"] == "review"

    def waiting(state):
        queue = call(deciding, "GET", f"/v1/reviews/fraud?status={state}&limit=100")["reviews"]
        return asked["event_id"] in {review["decision"]["event_id"] for review in queue}

    # WHEN it is judged
    before = waiting("open"), waiting("done")
    call(deciding, "POST", f"/v1/reviews/fraud/{asked['event_id']}", {"fraud": False, "reviewer": "journey"})
    # THEN it waits no more, and is among those that were judged
    assert before == (True, False)
    assert (waiting("open"), waiting("done")) == (False, True)


def test_an_event_told_by_its_sender_counts_as_one_that_is_asked_about(deciding):
    # GIVEN payments with one card that the shop tells as events alone, one of them twice
    card = uuid.uuid4().hex
    for number in (1, 2, 3, 3):
        fields = payment(card)
        properties = {"payment_id": f"{card}-{number}", **{k: v for k, v in fields.items() if k != "event_id"}}
        message = {"type": "track", "event": "Payment Attempted", "messageId": f"{card}-{number}"}
        message |= {"userId": properties.pop("customer_id"), "properties": properties}
        send(deciding, "/v1/track", message, deciding.server_key)
    # WHEN the next is asked about
    call(deciding, "POST", "/v1/fraud:assess", asked := payment(card))
    # THEN it was decided on three of them

    def snapshot():
        rows = [row for row in objects(deciding, "raw/events/") if row["name"] == "Decision Made"]
        found = [json.loads(row["properties"]) for row in rows]
        return [one["features"] for one in found if one["event_id"] == asked["event_id"]]

    (features,) = eventually(snapshot)
    assert features["card_count_10m"] == 3.0


def test_the_workflow_makes_a_report_that_the_api_gives(loaded):
    # GIVEN a shop, whatever it has decided so far
    # WHEN a report is asked for, and shown again
    made = loaded.shopkeeper("monitor", "fraud", timeout=300)
    shown = loaded.shopkeeper("monitor", "fraud", "--show", "--json")
    # THEN the workflow ended well, and its report is the latest
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Reported after" in made.stdout
    report = json.loads(shown.stdout)
    assert (report["family"], report["findings"]) == ("fraud", [])
    assert report == call(loaded, "GET", f"/v1/monitoring/fraud?date={report['as_of']}")
