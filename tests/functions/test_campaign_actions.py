"""The campaign routes that act: where each action is allowed, and what it starts, stops or schedules."""

import json
from datetime import datetime, timedelta

import pytest

from commerce.campaigns.lifecycle import MAY
from functions.campaigns.logic import allowed
from functions.common import campaigns
from tests.functions.campaign_fixtures import (
    TABLE,
    call,
    facts,
    save_campaign,
    stored,
)
from tests.functions.campaign_workflow import CHANGED, LATER, PATH, ended, executions, schedules, with_workflow

ROUTES = {
    "change": ("PUT", PATH, CHANGED),
    "schedule": ("POST", f"{PATH}/schedule", {"at": LATER.isoformat()}),
    **{action: ("POST", f"{PATH}/{action}", None) for action in ("preview", "start", "pause", "resume", "cancel")},
}
STATES = ("draft", "scheduled", "sending", "paused", "measuring", "finished", "cancelled", "failed")
AGAIN = {("start", "sending"), ("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")}
"""What is done already and may be asked for again."""


@pytest.fixture
def shop(account):
    return with_workflow(account)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ROUTES)
def test_each_action_is_allowed_where_the_lifecycle_says_and_nowhere_else(shop, context, action, state):
    # GIVEN a campaign in each state
    save_campaign(shop, status=state, run=1, execution="win-back-r0001-1")
    # WHEN each action is asked for
    status, body, _ = call(context, *ROUTES[action])
    # THEN it is done where it may be, and else the answer says what may
    if state in MAY[action] or (action, state) in AGAIN:
        assert status in (200, 202)
    else:
        assert (status, body["error"]["code"], body["status"]) == (409, "not_allowed", state)
        assert body["allowed"] == allowed(state)
        assert stored(shop).status == state


@pytest.mark.parametrize("action", ROUTES)
@pytest.mark.parametrize("name", ["nope", "Not%20An%20Id", "x" * 300])
def test_no_action_finds_a_campaign_that_there_is_not(shop, context, action, name):
    # GIVEN no such campaign
    method, path, body = ROUTES[action]
    # WHEN something is asked of it
    status, answer, _ = call(context, method, path.replace("win-back", name), body)
    # THEN it is not found
    assert (status, answer["error"]["code"]) == (404, "unknown_campaign")


def test_starting_gives_the_campaign_one_execution_however_often_it_is_asked_for(shop, context):
    # GIVEN a draft
    save_campaign(shop)
    # WHEN it is started twice
    first, second = call(context, "POST", f"{PATH}/start"), call(context, "POST", f"{PATH}/start")
    # THEN there is one execution, of its first run
    given = {"campaign_id": "win-back", "run": 1, "preview": False}
    assert executions() == {"win-back-r0001-1": ("RUNNING", given)}
    assert (first[0], first[1]) == (second[0], second[1])
    campaign = stored(shop)
    assert (campaign.status, campaign.run, campaign.execution) == ("sending", 1, "win-back-r0001-1")
    assert campaign.started_at is not None


def test_a_start_that_died_before_the_workflow_is_made_good_by_the_next(shop, context, monkeypatch):
    # GIVEN a start whose call of the workflow is lost
    save_campaign(shop)
    with monkeypatch.context() as patch:
        patch.setattr("functions.campaigns.workflow.start", lambda campaign: 1 / 0)
        assert call(context, "POST", f"{PATH}/start")[0] == 500
    assert executions() == {}
    # WHEN it is asked for again
    status, _, _ = call(context, "POST", f"{PATH}/start")
    # THEN the execution is there
    assert (status, list(executions())) == (202, ["win-back-r0001-1"])


def test_a_preview_starts_an_execution_of_its_own_and_leaves_a_draft(shop, context):
    # GIVEN a draft that was previewed
    save_campaign(shop, preview=facts(), reason="the preview failed: once")
    # WHEN it is previewed again
    status, body, _ = call(context, "POST", f"{PATH}/preview")
    # THEN what the one before found is gone, so that a new one is told apart
    assert (status, body["status"], body["preview"], body["reason"]) == (202, "draft", None, "")
    [(name, (_, given))] = executions().items()
    assert name.startswith("win-back-preview-")
    assert given == {"campaign_id": "win-back", "run": 0, "preview": True}


def test_a_schedule_starts_the_next_run_once_at_its_time(shop, context):
    # GIVEN a draft
    save_campaign(shop)
    # WHEN it is scheduled, in another time zone
    at = LATER.astimezone(datetime.fromisoformat("2026-01-01T00:00+02:00").tzinfo)
    status, body, _ = call(context, "POST", f"{PATH}/schedule", {"at": at.isoformat()})
    # THEN one schedule starts it in UTC, is retried, kept where it fails, and gone afterwards
    assert (status, body["status"]) == (200, "scheduled")
    assert datetime.fromisoformat(body["scheduled_at"]) == LATER
    [schedule] = schedules().values()
    assert schedule["ScheduleExpression"] == f"at({LATER:%Y-%m-%dT%H:%M:%S})"
    assert (schedule["ScheduleExpressionTimezone"], schedule["ActionAfterCompletion"]) == ("UTC", "DELETE")
    target = schedule["Target"]
    assert json.loads(target["Input"]) == {"campaign_id": "win-back", "run": 1, "preview": False}
    assert target["Arn"].endswith(":test-campaign") and target["DeadLetterConfig"]["Arn"].endswith(
        ":test-schedules-dead"
    )
    assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0


def test_scheduling_again_replaces_the_time(shop, context):
    # GIVEN a campaign that is scheduled
    save_campaign(shop)
    call(context, "POST", f"{PATH}/schedule", {"at": LATER.isoformat()})
    # WHEN it is scheduled at another time
    other = LATER + timedelta(days=1)
    call(context, "POST", f"{PATH}/schedule", {"at": other.isoformat()})
    # THEN that one holds
    [schedule] = schedules().values()
    assert schedule["ScheduleExpression"] == f"at({other:%Y-%m-%dT%H:%M:%S})"
    assert stored(shop).scheduled_at == other


@pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", "2100-01-01T00:00:00", "soon", None])
def test_a_time_that_cannot_be_is_refused(shop, context, at):
    # GIVEN a time that is over, one without its offset, and none
    save_campaign(shop)
    # WHEN the campaign is scheduled
    status, _, _ = call(context, "POST", f"{PATH}/schedule", {"at": at})
    # THEN it is not
    assert (status, schedules(), stored(shop).status) == (400, {}, "draft")


@pytest.mark.parametrize("action", ["start", "cancel"])
def test_a_campaign_that_is_started_or_cancelled_is_not_started_by_its_schedule(shop, context, action):
    # GIVEN a campaign that is scheduled
    save_campaign(shop)
    call(context, "POST", f"{PATH}/schedule", {"at": LATER.isoformat()})
    # WHEN it is started by hand, or cancelled
    call(context, "POST", f"{PATH}/{action}")
    # THEN the schedule is gone
    assert schedules() == {}


def test_resuming_starts_the_next_execution_of_the_same_run(shop, context):
    # GIVEN a campaign that was started and paused, whose execution still waits
    save_campaign(shop)
    call(context, "POST", f"{PATH}/start")
    call(context, "POST", f"{PATH}/pause")
    # WHEN it is resumed, twice
    first, second = call(context, "POST", f"{PATH}/resume"), call(context, "POST", f"{PATH}/resume")
    # THEN the one before is stopped and there is one more
    assert ended("win-back-r0001-1") == "ABORTED"
    found = executions()
    assert (len(found), found["win-back-r0001-2"][0]) == (2, "RUNNING")
    assert found["win-back-r0001-2"][1] == found["win-back-r0001-1"][1]
    assert first[:2] == second[:2]
    assert stored(shop).started_at is not None and stored(shop).run == 1


def test_a_run_that_a_schedule_started_is_resumed_under_a_name_of_ours(shop, context):
    # GIVEN a failed campaign whose execution has the schedule's name
    save_campaign(shop, status="failed", reason="it broke", run=1, execution="5f0d9a")
    # WHEN it is resumed
    _, body, _ = call(context, "POST", f"{PATH}/resume")
    # THEN its execution is the second, and the reason is gone
    assert (body["execution"], body["reason"], body["status"]) == ("win-back-r0001-2", "", "sending")


def test_cancelling_a_campaign_that_is_measured_stops_its_execution(shop, context):
    # GIVEN a campaign that waits for its looks
    save_campaign(shop)
    call(context, "POST", f"{PATH}/start")
    campaigns.change(shop.dynamodb, TABLE, "win-back", lambda c: c.model_copy(update={"status": "measuring"}))
    # WHEN it is cancelled
    _, body, _ = call(context, "POST", f"{PATH}/cancel")
    # THEN the execution is stopped
    assert (body["status"], ended("win-back-r0001-1")) == ("cancelled", "ABORTED")
    assert body["ended_at"] is not None
