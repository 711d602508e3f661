"""The demo's decisions against a server that answers as the API does, and what they come to."""

from datetime import timedelta

import pytest

from cli.api import events
from cli.api.http import ApiError
from cli.demo import fraud, handbook, payments
from cli.demo.payments import Shop
from cli.environment import Environment
from cli.report.decisions import Decided
from commerce.assessments.reviews import Review, Reviews
from commerce.families.fraud.parameters import FraudParameters
from commerce.rules.book import LiveRules, RuleBook
from tests.cli.assessment_fixtures import decided, simulation
from tests.cli.fraud_fixtures import BEGIN, fraud_report, one, payment
from tests.cli.recommendation_fixtures import learnt

ASSESS, BATCH = "POST /v1/fraud:assess", "POST /v1/batch"
ACTS = ("simulate", "activate")
HOUR = timedelta(hours=1)


@pytest.fixture
def environment(api):
    found = Environment("local", {"ApiUrl": api.url})
    found.__dict__["api_key"] = "a-key"
    return found


@pytest.fixture
def shown(api, environment, monkeypatch):
    """Run the demo's part on a shop of four payments and one known fraud, with a family that was rejected."""
    week = [
        payment("w-1", hour=0),
        payment("w-2", hour=1, pattern="takeover", known_at=BEGIN + 3 * HOUR, source="chargeback"),
        payment("w-3", hour=2, pattern="takeover", declined=True, known_at=BEGIN + 3 * HOUR, source="provider"),
        payment("w-4", hour=4, declined=True),
    ]
    past = [
        payment("h-1", hour=-300, pattern="ring", known_at=BEGIN - 200 * HOUR, source="chargeback"),
        payment("h-2", hour=-299, pattern="ring", known_at=BEGIN + HOUR / 2, source="chargeback"),
    ]
    shop = Shop(BEGIN.date(), past, week, "EUR", payments.RULES, "some payments")
    monkeypatch.setattr(handbook, "path", lambda: None)
    monkeypatch.setattr(payments, "simulate", lambda today: shop)
    monkeypatch.setattr(
        fraud.keys, "made", lambda environment, source, server: "a-write-key" if server else "a-browser-key"
    )
    monkeypatch.setattr(fraud, "learn", lambda *_: learnt(ending="Rejected", evaluation=None))
    api.says(BATCH, {"success": True, "rejected": []})
    outcomes = ("approve", "approve", "block", "review")
    answers = [decided(each.id, outcome) for each, outcome in zip(week, outcomes, strict=True)]
    api.says(ASSESS, *answers)
    open_ = Review(decision=answers[3], amount=100.0)
    book = RuleBook(family="fraud", version=1, author="a", created_at=BEGIN, rules=[])
    api.says("PUT /v1/rules/fraud", book)
    api.says("POST /v1/rules/fraud/simulate", simulation(events=0, note="no version is released yet"))
    api.says("POST /v1/rules/fraud/activate", LiveRules(since=BEGIN, book=book))
    api.says("GET /v1/reviews/fraud?status=open&limit=50", Reviews(reviews=[open_]))
    api.says("POST /v1/reviews/fraud/w-4", open_)
    return fraud.run(environment)


def test_a_week_is_decided_with_what_was_heard_by_then(shown, api):
    # GIVEN payments, one of which is blocked
    # WHEN the demo has run
    said = [asked for asked in api.asked if asked.route in (ASSESS, BATCH)]
    order = [
        asked.body["event_id"] if asked.route == ASSESS else [each["messageId"] for each in asked.body["batch"]]
        for asked in said
    ]
    # THEN history comes first, labels when they are known, outcomes after decisions, and of the blocked one nothing
    assert [one if isinstance(one, str) else [id_.rpartition("-2026")[0] for id_ in one] for one in order] == [
        ["h-1", "h-2", "label-h-1"],
        "w-1",
        ["label-h-2"],
        "w-2",
        "w-3",
        ["label-w-2"],
        "w-4",
        ["w-4"],
    ]
    assert shown.labels == 2


def test_events_are_told_with_a_write_key(shown, api):
    # GIVEN a demo that ran
    # WHEN its calls of the tracking route are looked at
    headers = {asked.headers["authorization"] for asked in api.to(BATCH)}
    # THEN each has the key
    assert headers == {"Basic YS13cml0ZS1rZXk6"}


def test_the_oldest_review_gets_the_truth_as_its_verdict(shown, api):
    # GIVEN an open review of a good payment
    # WHEN the demo has run
    (asked,) = api.to("POST /v1/reviews/fraud/w-4")
    # THEN it is said to be legitimate
    assert asked.body["fraud"] is False
    assert shown.review is not None


def test_rules_are_tried_before_they_decide(capsys, shown, api):
    # GIVEN a demo that ran without a released model
    # WHEN its calls are looked at
    routes = [asked.route for asked in api.asked]
    # THEN the example's rules were simulated, then made live, then asked of the first payment, and it is said on what
    first = [routes.index(route) for route in (*(f"POST /v1/rules/fraud/{act}" for act in ACTS), ASSESS)]
    assert first == sorted(first)
    assert "no version is released yet" in capsys.readouterr().out


def test_without_a_release_the_demo_goes_on_and_says_so(capsys, shown):
    # GIVEN a family that was rejected
    # WHEN the demo has run
    # THEN all payments were decided, and it is said that no model was there
    assert len(shown.decisions) == 4
    assert "the rules alone do" in capsys.readouterr().out


def test_a_call_that_was_not_kept_is_sent_again(api, environment, monkeypatch):
    # GIVEN a route that is out of order once
    monkeypatch.setattr(events, "_PAUSE_SECONDS", 0.0)
    api.answers[BATCH] = [(503, b"{}"), (200, b'{"success": true, "rejected": []}')]
    # WHEN an event is told
    events.tell(environment, "k", [payment().attempted()])
    # THEN the same call was sent twice
    first, second = api.to(BATCH)
    assert first.body == second.body


def test_an_event_that_is_rejected_is_an_error(api, environment):
    # GIVEN a route that takes the call and rejects its event
    api.says(BATCH, {"success": True, "rejected": [{"index": 0, "reasons": ["amount: too large"]}]})
    # WHEN it is told
    # THEN the reason is
    with pytest.raises(ApiError, match="amount: too large"):
        events.tell(environment, "k", [payment().attempted()])


@pytest.mark.parametrize(
    ("outcome", "changes", "cost"),
    [
        ("approve", {"pattern": "habit"}, 0.0),
        ("approve", {"pattern": "ring"}, 115.0),
        ("review", {"pattern": "habit"}, 3.0),
        ("review", {"pattern": "ring"}, 3.0 + 0.1 * 115.0),
        ("block", {"pattern": "habit"}, 30.0),
        ("block", {"pattern": "ring"}, 0.0),
        ("approve", {"pattern": "ring", "declined": True}, 0.0),
        ("review", {"pattern": "ring", "declined": True}, 3.0),
        ("block", {"pattern": "ring", "declined": True}, 0.0),
    ],
)
def test_what_a_decision_costs_once_the_truth_is_known(outcome, changes, cost):
    # GIVEN a payment of 100, and the shop's usual costs
    decision = Decided(payment(**changes), decided(outcome=outcome), 1.0)
    # WHEN its outcome is priced
    # THEN it costs what the policy says of a certain fraud or a certain customer
    assert decision.cost(outcome, FraudParameters()) == pytest.approx(cost)


def test_the_week_adds_up():
    # GIVEN a week of six payments
    rows = dict(fraud_report().rows)
    # WHEN it is told
    # THEN counts and money are those of its decisions: 315 + 215 + 85 at stake, 18 + 34.5 + 85 + 3 left
    assert rows["frauds among them"] == "4, 1 of which their issuers declined"
    assert rows["reviewed"] == "2, 2 of them fraud: 305"
    assert rows["blocked"] == "2, 1 of them fraud: 240"
    assert rows["frauds let through"] == "1"
    assert rows["good customers stopped"] == "1, 1 of them blocked: 18"
    assert (rows["cost if all were approved"], rows["cost as decided"]) == ("615", "140")
    assert rows["saved"] == "474"
    assert rows["a decision over the API"] == "20 ms (median), 20 ms (99 of 100)"


def test_the_dearest_alarms_come_first_and_the_chart_counts_all():
    # GIVEN a week
    report = fraud_report()
    # WHEN its alarms are listed and drawn
    # THEN approvals are none of them
    assert [each.payment.id for each in report.dearest] == ["c", "b", "d", "f"]
    assert "3 of 4 by 4 alarms" in report.chart.told


def test_a_week_without_alarms_has_no_chart():
    # GIVEN a week in which everything was approved
    report = fraud_report(decisions=(one("a", "approve"),))
    # WHEN it is told
    # THEN there is nothing to draw, and nothing fails
    assert (report.chart, report.dearest) == (None, [])
    assert dict(report.rows)["payments"] == "1"
