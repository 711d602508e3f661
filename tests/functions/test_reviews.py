"""The review queue through the real handlers: what is asked for, and verdicts that become labels."""

import json
from datetime import timedelta

import pytest

from functions.assess import handler as assess_handler
from functions.assess.handler import respond as assess
from functions.assess.storage import AwsStorage
from functions.common import reviews
from functions.common.http import ApiError
from functions.reviews.handler import respond
from tests.functions.assessing import NOW, asked, payment, portable, release

REVIEWED = ((-3.0, 0.2), (3.0, 0.9))
"""A curve by which every payment of 80 is worth a review."""


@pytest.fixture
def queue(account, monkeypatch):
    """Three payments that should be looked at."""
    monkeypatch.setattr(assess_handler, "storage", AwsStorage())
    model = portable()
    release(account, type(model)(model.kind, model.features, model.forest, REVIEWED, 0.0))
    answers = [ask_for(n) for n in range(3)]
    assert {answer["outcome"] for answer in answers} == {"review"}
    return answers


def ask_for(number):
    now = NOW + timedelta(minutes=number)
    return json.loads(assess(asked(payment(f"p-{number}", card_fingerprint=f"card-{number}")), now)["body"])


def page(**query):
    event = {
        "httpMethod": "GET",
        "resource": "/v1/reviews/{family}",
        "pathParameters": {"family": "fraud"},
        "queryStringParameters": query or None,
    }
    return json.loads(respond(event, NOW)["body"])


def judge(id_, *, fraud=True, now=NOW + timedelta(days=1)):
    event = {
        "httpMethod": "POST",
        "resource": "/v1/reviews/{family}/{event}",
        "pathParameters": {"family": "fraud", "event": id_},
        "body": json.dumps({"fraud": fraud, "reviewer": "desk 1"}),
    }
    return json.loads(respond(event, now)["body"])


def ids(found):
    return [review["decision"]["event_id"] for review in found["reviews"]]


def test_what_should_be_looked_at_is_listed_the_oldest_first_and_in_pages(queue):
    # GIVEN three reviews WHEN they are read two at a time THEN none is left out
    first = page(limit="2")
    second = page(limit="2", next=first["next"])
    assert (ids(first), ids(second), second["next"]) == (["p-0", "p-1"], ["p-2"], None)
    assert first["reviews"][0]["amount"] == 80.0


def test_a_verdict_takes_it_out_of_the_queue_and_becomes_a_label(account, queue):
    # GIVEN three reviews WHEN one turns out to be fraud
    answered = judge("p-1")
    # THEN it is done, its label is told to the lake, and its card is known for fraud
    assert (answered["verdict"]["fraud"], ids(page()), ids(page(status="done"))) == (True, ["p-0", "p-2"], ["p-1"])
    (label,) = [row for row in account.lines("events") if row["name"] == "Label Given"]
    assert json.loads(label["properties"]) == {
        "event_type": "payment", "event_id": "p-1", "fraud": True, "source": "review",
    }  # fmt: skip
    cards = [item for item in account.items("counters") if item["pk"]["S"].startswith("stream#fraud#card#")]
    assert sum('"f":' in item["state"]["S"] for item in cards) == 1


def test_a_later_verdict_takes_the_earlier_ones_place(account, queue):
    # GIVEN a verdict WHEN it is taken back THEN the later one stands, and no card is known for fraud
    judge("p-1")
    judge("p-1", fraud=False, now=NOW + timedelta(days=2))
    assert [review["verdict"]["fraud"] for review in page(status="done")["reviews"]] == [False]
    assert not any('"f":' in item["state"]["S"] for item in account.items("counters") if "state" in item)


def test_when_nobody_has_time_for_more_reviews_the_cheaper_of_the_others_is_taken(account, queue, monkeypatch):
    # GIVEN a shop that can review three payments a day WHEN a fourth is asked for that day
    monkeypatch.setenv("FAMILY_SETTINGS", json.dumps({"fraud": {"reviews_per_day": 3}}))
    answer = ask_for(3)
    # THEN it is no review
    assert answer["outcome"] == min(("approve", "block"), key=lambda outcome: answer["costs"][outcome])


def test_reviews_are_counted_by_the_day(queue):
    # GIVEN three reviews of a day THEN another day has none
    assert reviews.counter_key("fraud", NOW) != reviews.counter_key("fraud", NOW + timedelta(days=1))


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "many"}, {"limit": "101"}, {"status": "lost"}])
def test_a_page_that_cannot_be_is_refused(account, query):
    with pytest.raises(ApiError) as refused:
        page(**query)
    assert (refused.value.status, next(iter(query)) in refused.value.message) == (400, True)


def test_an_event_that_nobody_decided_on_has_no_verdict(account):
    with pytest.raises(ApiError, match="no decision") as refused:
        judge("p-9")
    assert refused.value.status == 404
