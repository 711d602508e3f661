"""The campaign workflow's later steps: what its jobs found, and how long its letters wait."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from commerce.campaigns.audience import Part
from commerce.campaigns.places import RunPlaces
from functions.campaign_check.handler import ForeignResultError
from functions.campaign_check.handler import handler as check
from functions.campaign_check.logic import in_words
from functions.campaign_plan.handler import handler as plan
from functions.campaign_watch.handler import handler as watch
from functions.campaign_watch.handler import oldest
from functions.common import campaigns
from functions.common.campaign_files import MalformedFileError, MissingFileError
from functions.common.campaigns import PartProgress
from tests.functions.campaign_fixtures import (
    NOW,
    TABLE,
    facts,
    put,
    result,
    save_campaign,
    save_template,
    stored,
)
from tests.functions.campaign_planning import EXECUTION, SENDING, event


@pytest.fixture
def shop(account):
    """An account with the campaign's template."""
    save_template(account)
    return account


def run_of(shop, context, **changes) -> dict:
    """The run of a campaign that is being sent."""
    save_campaign(shop, **(SENDING | changes))
    return plan(event(), context)["run"]


def test_an_allocation_makes_the_parts_once(shop, context):
    # GIVEN an allocated run, one part of which was sent
    run = run_of(shop, context)
    places = RunPlaces("win-back", "r0001")
    put(shop, places.key("allocation", "allocated.json"), facts(arms={"letter": 3, "holdout": 1}).model_dump_json())
    parts = [{"number": n, "key": f"letters/win-back/r0001/parts/part-{n:05d}.jsonl", "rows": 2} for n in (1, 2)]
    put(shop, places.key("allocation", "manifest.json"), json.dumps(parts))
    assert check({"action": "allocation", "run": run}, context) == {"next": "deliver"}
    sent = PartProgress(number=1, rows=2, state="done", sent=2)
    campaigns.put_part(shop.dynamodb, TABLE, "win-back", "r0001", sent)
    # WHEN the step is repeated
    check({"action": "allocation", "run": run}, context)
    # THEN it stays sent
    rows = campaigns.parts(shop.dynamodb, TABLE, "win-back", "r0001")
    assert [(row.number, row.state) for row in rows] == [(1, "done"), (2, "waiting")]
    assert stored(shop).audience.arms == {"letter": 3, "holdout": 1}


def test_an_audience_that_the_job_did_not_write_fails_the_step(shop, context):
    # GIVEN a run without its audience
    run = run_of(shop, context)
    # WHEN it is checked
    # THEN the step says what is missing
    with pytest.raises(MissingFileError, match=r"audience\.json"):
        check({"action": "audience", "run": run}, context)


def test_a_file_that_is_not_as_it_should_be_is_reported_without_its_content(shop, context):
    # GIVEN an audience with a customer in the wrong place
    run = run_of(shop, context)
    put(shop, RunPlaces("win-back", "r0001").key("audience", "audience.json"), '{"known": "customer-77"}')
    # WHEN it is checked
    # THEN the error says where it is wrong and no more
    with pytest.raises(MalformedFileError, match="known: int_parsing") as caught:
        check({"action": "audience", "run": run}, context)
    assert "customer-77" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("wrong", [{"look": 2}, {"run": "r0002"}, {"campaign_id": "other"}])
def test_a_result_of_something_else_is_not_taken(shop, context, wrong):
    # GIVEN a look whose result is another's
    run = run_of(shop, context)
    place = RunPlaces("win-back", "r0001").key("look-01", "result.json")
    put(shop, place, result(**wrong).model_dump_json())
    # WHEN it is checked
    # THEN the step fails
    with pytest.raises(ForeignResultError):
        check({"action": "look", "run": run, "look": run["looks"][0]}, context)


def test_looks_are_had_one_after_the_other(shop, context):
    # GIVEN a run in which everything was sent
    run = run_of(shop, context)
    first = check({"action": "measuring", "run": run}, context)
    answers = []
    # WHEN each look is had
    for look in run["looks"]:
        place = RunPlaces("win-back", "r0001").key(f"look-{look['number']:02d}", "result.json")
        put(shop, place, result(look=look["number"]).model_dump_json())
        answers.append(check({"action": "look", "run": run, "look": look}, context))
    # THEN the next is waited for, and the last ends the campaign
    assert (first["next"], first["look"]["number"]) == ("look", 1)
    assert [(a["next"], a["look"]["number"]) for a in answers[:-1]] == [("look", 2), ("look", 3), ("look", 4)]
    assert answers[-1]["next"] == "finished"
    assert (stored(shop).status, stored(shop).looks_done) == ("finished", 4)
    assert stored(shop).ended_at is not None


def test_a_failure_is_not_put_on_a_campaign_that_another_execution_has(shop, context):
    # GIVEN a campaign that goes on under another execution
    save_campaign(shop, **SENDING)
    given_ = {"campaign_id": "win-back", "run": 1, "preview": False}
    failure = {"action": "failed", "input": given_, "error": {"Error": "X", "Cause": "it broke"}}
    # WHEN an older one fails, and then its own
    check(failure | {"execution_name": "older"}, context)
    before = stored(shop).status
    check(failure | {"execution_name": EXECUTION}, context)
    # THEN only its own counts
    assert (before, stored(shop).status, stored(shop).reason) == ("sending", "failed", "it broke")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"Error": "E", "Cause": '{"errorType": "E", "errorMessage": "say why", "stackTrace": []}'}, "say why"),
        ({"Error": "States.TaskFailed", "Cause": '{"FailureReason": "AlgorithmError: no"}'}, "AlgorithmError: no"),
        ({"Error": "States.TaskFailed", "Cause": "plain"}, "plain"),
        ({"Error": "States.Timeout"}, "States.Timeout"),
        ({"Error": "E", "Cause": "[1]"}, "[1]"),
        ({}, "unknown"),
        ({"Cause": "x" * 5000}, "x" * 1000),
    ],
)
def test_a_failure_is_told_in_words(error, words):
    # GIVEN what Step Functions says of a failure
    # WHEN it is told
    # THEN it is what a person can use
    assert in_words(error) == words


def test_an_unknown_action_is_refused(shop, context):
    # GIVEN an action that there is not
    run = run_of(shop, context)
    # WHEN it is asked for
    # THEN the step fails
    with pytest.raises(ValueError, match="no action"):
        check({"action": "nope", "run": run}, context)


@pytest.mark.parametrize("given_", [{}, {"campaign_id": "win-back", "run": -1}, {"campaign_id": "a", "run": 1, "x": 1}])
def test_an_input_that_is_none_fails_the_step(shop, context, given_):
    # GIVEN an input with something wrong
    # WHEN it is planned
    # THEN the step fails
    with pytest.raises(ValidationError):
        plan({"input": given_, "execution_name": "e", "started_at": "2026-03-01T09:30:00Z"}, context)


def part(number=1, **changes) -> PartProgress:
    """A part made ten minutes ago."""
    return PartProgress(number=number, rows=1, first_at=NOW - timedelta(minutes=10), **changes)


@pytest.mark.parametrize(
    ("parts", "seconds"),
    [
        ([], 0),
        ([part(state="done")], 0),
        ([part()], 600),
        ([part(state="running"), part(2, state="done")], 600),
        ([part(resume_at=NOW + timedelta(hours=8))], 0),
        ([part(resume_at=NOW - timedelta(minutes=1))], 60),
        ([part(resume_at=NOW - timedelta(minutes=1)), part(2, state="failed")], 600),
    ],
)
def test_a_part_waits_from_when_it_could_be_sent(parts, seconds):
    # GIVEN parts that were sent, wait for their time, or could be sent
    # WHEN the oldest wait is taken
    # THEN quiet hours do not count
    assert oldest(parts, NOW) == seconds


def test_only_campaigns_being_sent_are_watched(shop, context, capsys):
    # GIVEN a campaign being sent and one that is paused, each with a part that waits
    for name, status in (("sending", "sending"), ("paused", "paused")):
        save_campaign(shop, name, status=status, run=1)
        campaigns.create_parts(shop.dynamodb, TABLE, name, "r0001", [Part(number=1, key="k", rows=1)])
    # WHEN the watch looks, with and without the first
    seconds = watch({}, context)["seconds"]
    campaigns.change(shop.dynamodb, TABLE, "sending", lambda c: c.model_copy(update={"status": "measuring"}))
    # THEN the metric is its wait, and 0 where nothing waits
    assert 0 <= seconds < 60
    assert watch({}, context)["seconds"] == 0
    assert '"OldestUnsentPartSeconds":[0.0]' in capsys.readouterr().out


def test_a_part_keeps_when_it_was_first_there(shop):
    # GIVEN a part
    campaigns.create_parts(shop.dynamodb, TABLE, "win-back", "r0001", [Part(number=1, key="k", rows=5)])
    [made] = campaigns.parts(shop.dynamodb, TABLE, "win-back", "r0001")
    # WHEN how far it is is written
    campaigns.put_part(shop.dynamodb, TABLE, "win-back", "r0001", PartProgress(number=1, rows=5, sent=3, in_doubt=2))
    # THEN only that has changed
    [now] = campaigns.parts(shop.dynamodb, TABLE, "win-back", "r0001")
    assert (now.first_at, now.sent, now.rows) == (made.first_at, 3, 5)
    assert now.changed_at > made.changed_at


def test_parts_are_counted_together():
    # GIVEN parts of a run
    rows = [
        PartProgress(number=1, rows=5, state="done", sent=3, skipped={"no_consent": 2}),
        PartProgress(number=2, rows=5, sent=1, failed=1, deferred=1, in_doubt=1, skipped={"no_consent": 1}),
    ]
    # WHEN they are counted
    total = campaigns.delivery(rows)
    # THEN every letter is in one count
    assert (total.parts, total.parts_done, total.sent, total.failed) == (2, 1, 4, 1)
    assert (total.deferred, total.in_doubt, total.skipped) == (1, 1, {"no_consent": 3})


def test_a_campaign_that_others_keep_changing_is_given_up(shop, monkeypatch):
    # GIVEN somebody who writes between every read and write
    save_campaign(shop)
    monkeypatch.setattr(campaigns, "pause", lambda attempt: None)

    def contended(campaign):
        campaigns.put(shop.dynamodb, TABLE, campaign.model_copy(update={"reason": "theirs"}))
        return campaign.model_copy(update={"reason": "mine"})

    # WHEN it is changed
    # THEN the change fails, and theirs stands
    with pytest.raises(campaigns.ConflictError):
        campaigns.change(shop.dynamodb, TABLE, "win-back", contended)
    assert stored(shop).reason == "theirs"
