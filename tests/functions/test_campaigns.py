"""The campaign routes: what may be written, what follows from each action, and what is refused."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from commerce.campaigns.lifecycle import MAY
from commerce.campaigns.places import PAGE, RESULT, RunPlaces
from functions.campaigns.logic import allowed
from functions.common import campaigns
from functions.common.campaigns import ConflictError, PartProgress
from tests.functions.campaign_fixtures import (
    BODY,
    TABLE,
    call,
    definition,
    facts,
    put,
    result,
    save_campaign,
    save_offer,
    save_template,
    stored,
)
from tests.functions.support import session_client

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
PATH = "/v1/campaigns/win-back"
CHANGED = {k: v for k, v in BODY.items() if k not in ("id", "author")} | {"holdout": 0.2}


@pytest.fixture
def shop(account, monkeypatch):
    """An account with the template, a workflow that waits, and a group of schedules."""
    save_template(account)
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 30, "End": True}}}
    session_client("stepfunctions").create_state_machine(
        name="test-campaign", definition=json.dumps(waiting), roleArn="arn:aws:iam::123456789012:role/workflow"
    )
    session_client("scheduler").create_schedule_group(Name="test-campaigns")
    return account


def executions():
    """Name → (status, input) of the executions that were started."""
    sfn = session_client("stepfunctions")
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:test-campaign"
    described = [
        sfn.describe_execution(executionArn=execution["executionArn"])
        for execution in sfn.list_executions(stateMachineArn=arn)["executions"]
    ]
    return {d["name"]: (d["status"], json.loads(d["input"])) for d in described}


def ended(name):
    """Status of an execution that is being stopped, which the stand-in does by and by."""
    for _ in range(1200):
        if executions()[name][0] != "RUNNING":
            break
        time.sleep(0.05)
    return executions()[name][0]


def schedules():
    """Schedules of campaigns by name."""
    client = session_client("scheduler")
    names = [s["Name"] for s in client.list_schedules(GroupName="test-campaigns")["Schedules"]]
    return {name: client.get_schedule(Name=name, GroupName="test-campaigns") for name in names}


def test_a_campaign_is_a_draft_when_it_is_made(shop, context):
    # GIVEN a body
    # WHEN it is posted
    status, body, headers = call(context, "POST", "/v1/campaigns", BODY)
    # THEN there is a draft with its defaults, and where to find it
    assert (status, body["status"], body["definition"]["holdout"]) == (201, "draft", 0.1)
    assert (headers["Location"], headers["ETag"]) == (PATH, '"0"')
    assert call(context, "GET", PATH)[1] == body
    assert executions() == {}


def test_the_same_body_again_is_the_same_campaign_and_another_is_refused(shop, context):
    # GIVEN a campaign
    _, made, _ = call(context, "POST", "/v1/campaigns", BODY)
    # WHEN its body is posted again, and another one of its id
    again, other = call(context, "POST", "/v1/campaigns", BODY), call(context, "POST", "/v1/campaigns", BODY | CHANGED)
    # THEN the first finds it and the second finds the id taken
    assert again[:2] == (200, made)
    assert (other[0], other[1]["error"]["code"]) == (409, "id_taken")


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"audience": "orders.cuont > 1"}, "invalid_condition", "there is no orders.cuont"),
        ({"audience": "orders.count"}, "invalid_condition", "true or false"),
        ({"audience": "orders.count >"}, "invalid_condition", "cannot be read"),
        ({"audience": "scores.nope.probability > 0.5"}, "invalid_condition", "there is no scores.nope"),
        ({"arms": [{"name": "a", "template_id": "nope"}]}, "unknown_template", "no template 'nope'"),
        ({"arms": [{"name": "a", "template_id": ""}]}, "invalid_request", "template_id"),
        (
            {"arms": [{"name": "a", "template_id": "win-back", "template_version": 9}]},
            "unknown_template",
            "newest is 1",
        ),
        ({"arms": [{"name": "a", "template_id": "win-back", "offer_id": "nope"}]}, "unknown_offer", "no offer 'nope'"),
        ({"arms": [{"name": "a", "template_id": "win-back", "offer_id": ""}]}, "invalid_request", "offer_id"),
        ({"arms": []}, "invalid_request", "arms"),
        ({"arms": [{"name": "holdout", "template_id": "win-back"}]}, "invalid_request", "who get nothing"),
        ({"holdout": 0}, "invalid_request", "holdout"),
        ({"as_of": "2999-01-01"}, "in_the_future", "is to come"),
        ({"id": "Not An Id"}, "invalid_request", "id"),
        ({"colour": "red"}, "invalid_request", "colour"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_where_it_is_wrong(shop, context, changes, code, words):
    # GIVEN a body with one thing wrong
    # WHEN it is posted
    status, body, _ = call(context, "POST", "/v1/campaigns", BODY | changes)
    # THEN the answer says what, and nothing is kept
    assert (status, body["error"]["code"]) == (400, code)
    assert words in body["error"]["message"]
    assert call(context, "GET", "/v1/campaigns")[1] == {"campaigns": []}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "\\ud800"}'])
def test_a_body_that_is_none_is_refused(shop, context, text):
    # GIVEN a text that is no campaign
    # WHEN it is posted
    # THEN it is the caller's error
    assert call(context, "POST", "/v1/campaigns", text)[0] == 400


def test_traits_of_the_shops_own_may_be_asked_for(shop, context):
    # GIVEN a condition on a trait that only this shop keeps
    body = BODY | {"audience": "customer.traits.tier == 'gold' || customer.country in ['DE', 'AT']"}
    # WHEN it is posted
    # THEN it is taken
    assert call(context, "POST", "/v1/campaigns", body)[0] == 201


def test_campaigns_are_listed_newest_first(shop, context):
    # GIVEN campaigns of several days
    for day in (1, 3, 2):
        save_campaign(shop, f"of-day-{day}", created_at=datetime(2026, 1, day, tzinfo=UTC))
    # WHEN they are listed
    _, body, _ = call(context, "GET", "/v1/campaigns")
    # THEN the newest is first
    assert [c["id"] for c in body["campaigns"]] == ["of-day-3", "of-day-2", "of-day-1"]


def test_a_campaign_being_sent_tells_how_far_it_is(shop, context):
    # GIVEN a campaign whose parts are being sent, which was never settled
    save_campaign(shop, status="sending", run=1)
    for number, state in ((1, "done"), (2, "running")):
        progress = PartProgress(number=number, rows=5, state=state, sent=2)
        campaigns.put_part(shop.dynamodb, TABLE, "win-back", "r0001", progress)
    # WHEN it is asked for
    _, body, _ = call(context, "GET", PATH)
    # THEN its letters are counted as they are
    assert (body["delivery"]["parts"], body["delivery"]["parts_done"], body["delivery"]["sent"]) == (2, 1, 4)


def test_a_draft_can_be_changed_and_loses_what_its_preview_found(shop, context):
    # GIVEN a draft that was previewed
    save_campaign(shop, preview=facts())
    # WHEN its holdout is changed
    status, body, headers = call(context, "PUT", PATH, CHANGED, {"if-match": '"0"'})
    # THEN the preview is gone, and the revision has risen
    assert (status, body["definition"]["holdout"], body["preview"]) == (200, 0.2, None)
    assert (body["revision"], headers["ETag"]) == (1, '"1"')


def test_a_change_that_is_none_changes_nothing(shop, context):
    # GIVEN a draft
    before = save_campaign(shop, preview=facts())
    # WHEN what is there is put again
    status, body, _ = call(context, "PUT", PATH, before.definition.model_dump(mode="json"))
    # THEN it is as it was, its revision too
    assert (status, body["revision"]) == (200, 0)
    assert stored(shop) == before


def test_a_change_of_what_another_has_changed_is_refused(shop, context):
    # GIVEN a draft at revision 1
    save_campaign(shop, revision=1)
    # WHEN somebody who read revision 0 changes it
    status, body, _ = call(context, "PUT", PATH, CHANGED, {"If-Match": "0"})
    # THEN they are told to read again
    assert (status, body["error"]["code"]) == (412, "changed_meanwhile")
    assert stored(shop).definition.holdout == 0.1


@pytest.mark.parametrize("tag", ["abc", '"-1"', "1, 2"])
def test_a_revision_that_is_none_is_refused(shop, context, tag):
    # GIVEN a draft
    save_campaign(shop)
    # WHEN If-Match holds something else
    # THEN it is not taken for any revision
    assert call(context, "PUT", PATH, CHANGED, {"If-Match": tag})[0] == 400


def test_two_who_write_at_once_do_not_overwrite_each_other(shop):
    # GIVEN two who read the same campaign
    campaign = save_campaign(shop)
    campaigns.put(shop.dynamodb, TABLE, campaign.model_copy(update={"reason": "first"}))
    # WHEN the second writes
    # THEN it is told
    with pytest.raises(ConflictError):
        campaigns.put(shop.dynamodb, TABLE, campaign.model_copy(update={"reason": "second"}))
    assert stored(shop).reason == "first"


ROUTES = {
    "change": ("PUT", PATH, CHANGED),
    "schedule": ("POST", f"{PATH}/schedule", {"at": LATER.isoformat()}),
    **{action: ("POST", f"{PATH}/{action}", None) for action in ("preview", "start", "pause", "resume", "cancel")},
}
STATES = ("draft", "scheduled", "sending", "paused", "measuring", "finished", "cancelled", "failed")
AGAIN = {("start", "sending"), ("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")}
"""What is done already and may be asked for again."""


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


def test_results_are_the_newest_look_with_a_page_that_can_be_read_for_an_hour(shop, context):
    # GIVEN a campaign with two looks
    save_campaign(shop, status="measuring", run=1, looks_done=2)
    places = RunPlaces("win-back", "r0001")
    for look in (1, 2):
        put(shop, places.key(f"look-{look:02d}", RESULT), result(look=look).model_dump_json())
    # WHEN its results are asked for
    status, body, _ = call(context, "GET", f"{PATH}/results")
    # THEN they are the second's, and the page's URL is signed as encrypted objects need it
    assert (status, body["result"]["look"]) == (200, 2)
    assert places.key("look-02", PAGE) in body["page_url"]
    assert "X-Amz-Expires=3600" in body["page_url"] and "X-Amz-Algorithm=AWS4" in body["page_url"]


def test_there_are_no_results_before_the_first_look(shop, context):
    # GIVEN a campaign that was not measured
    save_campaign(shop, status="measuring", run=1)
    # WHEN its results are asked for, and those of none
    statuses = [call(context, "GET", f"/v1/campaigns/{name}/results")[0] for name in ("win-back", "nope")]
    # THEN there are none
    assert statuses == [404, 404]


def test_an_offer_of_an_arm_has_to_be_there(shop, context):
    # GIVEN an offer
    save_offer(shop)
    # WHEN a campaign gives it
    body = BODY | {"arms": [{"name": "a", "template_id": "win-back", "offer_id": "ten-off"}]}
    # THEN it is taken
    assert call(context, "POST", "/v1/campaigns", body)[0] == 201


def test_an_unknown_route_is_none(shop, context):
    # GIVEN a route that the function does not know
    # WHEN it is called
    # THEN it says so
    assert call(context, "DELETE", PATH)[0] == 404


def test_a_definition_is_stored_as_it_was_given(shop, context):
    # GIVEN money with decimals
    body = BODY | {"budget": {"amount": "100.10", "currency": "EUR"}}
    # WHEN a campaign is made
    call(context, "POST", "/v1/campaigns", body)
    # THEN not a cent is lost
    assert stored(shop).definition == definition(budget={"amount": "100.10", "currency": "EUR"})
