"""The rule routes through the real handler: versions, a trial on history, and only then live."""

import json
from datetime import UTC, datetime

import pytest

from commerce import runs
from commerce.release import Release
from commerce.rules.book import LiveRules, RuleBook, RulesAnswer, RuleVersions
from commerce.rules.effects import PastEvent, Simulation
from functions.common import releases, rules
from functions.common.aws import client
from functions.common.releases import Pointer
from functions.rules import logic
from functions.rules.handler import handler
from tests.functions.support import MODELS

TABLE = "test-campaigns"
FAMILY = "fraud"
BIG = {"id": "big", "when": "event.amount > 100.0", "outcome": "review", "reason": "a large amount"}
HUGE = {"id": "huge", "when": "event.amount > 1000.0", "outcome": "block", "reason": "a huge amount", "priority": 5}
RUN = "20260301-abcdef"


def call(context, method, path="", body=None, family=FAMILY):
    """Status and body of a route, asked as API Gateway does."""
    event = {
        "httpMethod": method,
        "resource": "/v1/rules/{family}" + path,
        "pathParameters": {"family": family},
        "body": None if body is None else body if isinstance(body, str) else json.dumps(body),
    }
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"])


def save(context, *rules_, author="Kim"):
    status, body = call(context, "PUT", body={"rules": list(rules_), "author": author})
    assert status == 200, body
    return RuleBook.model_validate(body)


def shown(context):
    return RulesAnswer.model_validate(call(context, "GET")[1])


def put_history(account, *lines, run=RUN):
    """A released version, and what its run wrote to try rules on."""
    release = Release(family=FAMILY, champion="7", since=datetime(2026, 3, 1, tzinfo=UTC), revision=1)
    pointer = Pointer(release, {"7": f"s3://{MODELS}/runs/{FAMILY}/{run}/model/job/output/model.tar.gz"})
    account.dynamodb.put_item(TableName="test-releases", Item=releases.to_item(pointer))
    if lines:
        key = runs.Run(FAMILY, run).key(runs.HISTORY)
        account.s3.put_object(Bucket=MODELS, Key=key, Body="\n".join([*lines, ""]).encode())


def line(amount, *, fraud=None):
    event = PastEvent(
        values={"event": {"amount": amount}}, outcome="approve", fraud=fraud, amount=amount, known=fraud is not None
    )
    return event.model_dump_json()


def test_saved_rules_are_versions_that_are_not_live(account, context):
    # GIVEN rules saved twice
    first, second = save(context, BIG), save(context, BIG, HUGE, author="Robin")
    # WHEN they are looked at
    answer = shown(context)
    listed = RuleVersions.model_validate(call(context, "GET", "/versions")[1]).versions
    # THEN both are drafts as they were saved, the newest first, and none decides
    assert (first.version, second.version, second.author) == (1, 2, "Robin")
    assert (answer.live, answer.drafts) == (None, [second, first])
    assert [(each.version, each.trial) for each in listed] == [(2, None), (1, None)]


def test_the_same_rules_again_are_no_new_version(account, context):
    # GIVEN saved rules
    first = save(context, BIG)
    # WHEN they are saved again by somebody else
    # THEN nothing has changed
    assert save(context, BIG, author="Robin") == first


def test_two_who_save_at_once_get_a_version_each(account, context, monkeypatch):
    # GIVEN somebody else who saves between our reading and our writing
    real, done = rules._get, []

    def get(*arguments):
        found = real(*arguments)
        if not done:
            done.append(True)
            save(context, HUGE)
        return found

    monkeypatch.setattr(rules, "_get", get)
    monkeypatch.setattr(rules, "pause", lambda attempt: None)
    # WHEN we save
    mine = rules.save(client("dynamodb"), TABLE, FAMILY, lambda n: book(n, BIG))
    # THEN each has a number
    assert mine.version == 2
    assert [draft.version for draft in shown(context).drafts] == [2, 1]


def book(version, *rules_):
    return RuleBook.model_validate(
        {"family": FAMILY, "version": version, "author": "Kim", "created_at": "2026-03-01T00:00:00Z", "rules": rules_}
    )


def test_a_version_goes_live_only_after_it_was_simulated(account, context):
    # GIVEN a version, and a history of four payments
    put_history(account, line(50.0, fraud=False), line(500.0, fraud=True), line(5000.0), line(200.0, fraud=False))
    save(context, BIG, HUGE)
    # WHEN it is to go live at once, and after a simulation
    refused = call(context, "POST", "/activate", {"version": 1})
    status, body = call(context, "POST", "/simulate", {"version": 1})
    accepted, live = call(context, "POST", "/activate", {"version": 1})
    # THEN the first is refused with what to do
    assert (refused[0], refused[1]["error"]["code"]) == (409, "not_simulated")
    # AND the simulation says what would have changed
    found = Simulation.model_validate(body)
    assert (status, found.run, found.events, found.known, found.note) == (200, RUN, 4, 3, None)
    assert (found.total.approve_to_review.events, found.total.approve_to_block.amount) == (2, 5000.0)
    assert (found.total.precision, found.total.caught, found.total.false_positive_rate) == (0.5, 1.0, 0.5)
    assert [each.id for each in found.rules] == ["huge", "big"]
    # AND the second is live, with one read for whoever decides, and says on what it was tried
    assert accepted == 200
    read = rules.live(client("dynamodb"), TABLE, FAMILY)
    assert read == LiveRules.model_validate(live) == shown(context).live
    assert read.book.trial.model_dump(exclude={"at"}) == {"run": RUN, "events": 4}
    assert shown(context).drafts == []


def test_an_earlier_version_can_be_live_again(account, context):
    # GIVEN two versions that were live one after the other
    for each in (BIG, HUGE):
        version = save(context, each).version
        call(context, "POST", "/simulate", {"version": version})
        assert call(context, "POST", "/activate", {"version": version})[0] == 200
    # WHEN the first is activated again
    status, live = call(context, "POST", "/activate", {"version": 1})
    # THEN it decides, and the second is a draft
    assert (status, live["book"]["version"]) == (200, 1)
    assert [draft.version for draft in shown(context).drafts] == [2]


def test_of_two_who_activate_at_once_the_second_is_told(account, context):
    # GIVEN two versions that were simulated, and somebody who activates one while we look at what is live
    for each in (BIG, HUGE):
        call(context, "POST", "/simulate", {"version": save(context, each).version})
    dynamodb = client("dynamodb")
    before = rules.live(dynamodb, TABLE, FAMILY)
    call(context, "POST", "/activate", {"version": 2})
    # WHEN we activate the other in place of what we saw
    # THEN it is refused, and theirs is live
    with pytest.raises(rules.ConflictError, match="have just become live"):
        rules.activate(dynamodb, TABLE, book(1, BIG), before, datetime.now(UTC))
    assert rules.live(dynamodb, TABLE, FAMILY).book.version == 2


@pytest.mark.parametrize(
    ("lines", "released", "events", "unreadable", "said"),
    [
        ([], False, 0, 0, "no version of the model is released yet"),
        ([], True, 0, 0, "kept no history"),
        (["{", '{"values": 1}', line(500.0)], True, 1, 2, None),
    ],
)
def test_without_a_history_a_simulation_says_so_and_rules_may_go_live(
    account, context, lines, released, events, unreadable, said
):
    # GIVEN no history, or one with broken lines
    if released:
        put_history(account, *lines)
    save(context, BIG)
    # WHEN a version is simulated
    status, body = call(context, "POST", "/simulate", {"version": 1})
    # THEN it says what it had, and the version may go live: before the first model the rules alone decide
    found = Simulation.model_validate(body)
    assert (status, found.events, found.unreadable) == (200, events, unreadable)
    assert (found.note is None) if said is None else said in found.note
    assert call(context, "POST", "/activate", {"version": 1})[0] == 200


def test_a_long_history_is_cut_and_that_is_said(account, context, monkeypatch):
    # GIVEN more events than one answer has time for
    monkeypatch.setattr(logic, "MOST_QUESTIONS", 6)
    put_history(account, *(line(500.0) for _ in range(10)))
    save(context, BIG, HUGE)
    # WHEN a version is simulated
    found = Simulation.model_validate(call(context, "POST", "/simulate", {"version": 1})[1])
    # THEN the first are taken
    assert found.events == 3
    assert "the first 3 events" in found.note


@pytest.mark.parametrize("path", ["/simulate", "/activate"])
def test_an_unknown_version_is_told(account, context, path):
    # GIVEN no rules
    # WHEN a version is asked for
    status, body = call(context, "POST", path, {"version": 3})
    # THEN
    assert (status, body["error"]["code"]) == (404, "unknown_version")


@pytest.mark.parametrize("family", ["churn", "nothing", "", "../x"])
def test_only_families_that_assess_events_have_rules(account, context, family):
    # GIVEN a family without decisions, or none
    # WHEN its rules are asked for
    status, body = call(context, "GET", family=family)
    # THEN the answer names those that have
    assert (status, body["error"]["code"]) == (404, "unknown_family")
    assert FAMILY in body["error"]["message"]


def test_every_rule_that_cannot_be_read_is_told_and_nothing_saved(account, context):
    # GIVEN rules of which two are wrong, a disabled one among them
    wrong = [BIG | {"id": "one", "when": "event.__class__ == 1"}, BIG | {"id": "two", "when": "x", "enabled": False}]
    # WHEN they are saved
    status, body = call(context, "PUT", body={"rules": [BIG, *wrong], "author": "Kim"})
    # THEN each is told with why
    assert (status, body["error"]["code"]) == (422, "invalid_rules")
    assert {problem["rule"]: problem["message"][:11] for problem in body["problems"]} == {
        "one": "there is no",
        "two": "there is no",
    }
    assert shown(context).drafts == []


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"rules": [BIG, BIG], "author": "Kim"}, 400, "same id: big"),
        ({"rules": [BIG | {"outcome": "explode"}], "author": "Kim"}, 400, "rules.0.outcome"),
        ({"rules": [BIG | {"priority": 1e9}], "author": "Kim"}, 400, "rules.0.priority"),
        ({"rules": [BIG | {"when": "x" * 2001}], "author": "Kim"}, 400, "rules.0.when"),
        ({"rules": [BIG | {"colour": "red"}], "author": "Kim"}, 400, "rules.0.colour"),
        ({"rules": [BIG]}, 400, "author"),
        ("{", 400, "body"),
        ("[" * 100_000, 400, ""),
        (json.dumps({"rules": [], "author": "x" * 1_000_000}), 413, "larger than"),
    ],
)
def test_a_body_that_is_none_is_refused_with_what_is_wrong(account, context, body, status, said):
    # GIVEN something that is no book of rules
    # WHEN it is saved
    found, answer = call(context, "PUT", body=body)
    # THEN the answer says what is wrong
    assert found == status
    assert said in answer["error"]["message"]


def test_a_route_that_is_none_lists_those_that_are(account, context):
    # GIVEN
    # WHEN a route is asked for that is none
    status, body = call(context, "DELETE")
    # THEN
    assert (status, body["error"]["code"]) == (404, "not_found")
    assert "PUT /v1/rules/{family}" in body["error"]["message"]
