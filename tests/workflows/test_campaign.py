"""The campaign workflow executed: moto's interpreter, the real steps, jobs that write what the container writes."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from functions.common import campaigns
from functions.deliver.handler import handler as deliver
from functions.settle import logic as settling
from tests.functions.campaign_fixtures import (
    TABLE,
    call,
    facts,
    put,
    save_campaign,
)
from tests.functions.delivering import Ses, only_ses
from tests.workflows.campaign_shop import Shop, replay
from tests.workflows.interpreter import lambda_context


@pytest.fixture
def shop(account, monkeypatch):
    return Shop(account, monkeypatch)


def test_a_campaign_is_sent_to_all_parts_and_measured_at_every_look(shop):
    # GIVEN a campaign whose window is over
    # WHEN it is started
    status, reports = shop.start(**replay())
    # THEN every part was sent once, each look was had, and one event says what came of it
    assert (status, list(reports)) == ("SUCCEEDED", ["Finished"]), (shop.described, reports)
    assert reports["Finished"]["verdict"] == "the letters made 9 more customers order"
    assert sorted(shop.delivered) == [(1, "r0001"), (2, "r0001")]
    assert shop.jobs() == ["audience", "allocate", "measure", "measure"]
    campaign = shop.campaign()
    assert (campaign.status, campaign.looks_done, campaign.run) == ("finished", 2, 1)
    assert campaign.delivery.sent == 3
    assert campaign.audience.arms == {"letter": 2, "holdout": 1}


def test_a_preview_counts_and_changes_nothing_else(shop):
    # GIVEN a draft
    save_campaign(shop.account, **replay())
    # WHEN it is previewed
    status, reports = shop.act("preview")
    # THEN it shows whom it would be sent to, and is a draft as before
    assert (status, list(reports)) == ("SUCCEEDED", ["Previewed"]), shop.described
    assert (reports["Previewed"]["matching"], reports["Previewed"]["eligible"]) == (6, 3)
    campaign = shop.campaign()
    assert (campaign.status, campaign.run, campaign.execution, campaign.audience) == ("draft", 0, None, None)
    assert campaign.preview == facts(3)
    assert shop.jobs() == ["audience"]


def test_a_preview_of_a_definition_that_was_changed_meanwhile_is_not_shown(shop):
    # GIVEN a draft whose condition is changed while it is being previewed
    save_campaign(shop.account, **replay())
    body = replay(audience="true")["definition"].model_dump(mode="json")
    shop.meanwhile["audience"] = lambda: call(lambda_context(), "PUT", "/v1/campaigns/win-back", body)
    # WHEN the preview is made
    status, _ = shop.act("preview")
    # THEN what it found is not taken for the new condition's
    assert (status, shop.campaign().preview) == ("SUCCEEDED", None)
    assert shop.campaign().definition.audience == "true"


def test_a_preview_that_fails_says_why_and_leaves_a_draft(shop):
    # GIVEN an audience job that fails
    save_campaign(shop.account)
    shop.broken = "audience"
    # WHEN a draft is previewed
    status, reports = shop.act("preview")
    # THEN it still is one
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert shop.campaign().status == "draft"
    assert "the preview failed: AlgorithmError" in shop.campaign().reason


def test_nobody_to_write_to_is_a_normal_ending(shop):
    # GIVEN a condition that nobody meets who can be written to
    shop.eligible = 0
    # WHEN the campaign is started
    status, reports = shop.start(**replay())
    # THEN it is over, with a reason, and nobody was allocated
    assert (status, list(reports)) == ("SUCCEEDED", ["NothingToSend"])
    assert shop.campaign().status == "finished"
    assert "none of them can be written to" in shop.campaign().reason
    assert shop.jobs() == ["audience"]


def test_a_part_that_fails_gets_another_round(shop):
    # GIVEN a part whose worker dies at first
    died = []

    def die_once(event):
        if event["part"]["number"] == 2 and not died:
            died.append(1)
            shop.progress(event, state="running", sent=0)
            raise RuntimeError("Runtime exited")
        return shop.deliver_all(event)

    shop.deliver = die_once
    # WHEN the campaign runs
    status, reports = shop.start(**replay())
    # THEN the part was sent in a second round
    assert (status, list(reports), died) == ("SUCCEEDED", ["Finished"], [1])
    assert shop.campaign().delivery.sent == 3


def test_a_part_is_called_again_for_as_long_as_there_is_more(shop):
    # GIVEN a part that takes three calls
    calls = []

    def in_pieces(event):
        calls.append(event["part"]["number"])
        if calls.count(2) < 3 and event["part"]["number"] == 2:
            return {"state": "more"}
        return shop.deliver_all(event)

    shop.deliver = in_pieces
    # WHEN the campaign runs
    status, _ = shop.start(**replay())
    # THEN one round was enough
    assert (status, sorted(calls)) == ("SUCCEEDED", [1, 2, 2, 2])


def test_a_part_that_never_works_fails_the_campaign_which_can_be_resumed(shop, monkeypatch):
    # GIVEN a part that cannot be sent, and few rounds
    monkeypatch.setattr(settling, "IDLE_ROUNDS", 2)

    def never(event):
        if event["part"]["number"] == 2:
            raise RuntimeError("no such file")
        return shop.deliver_all(event)

    shop.deliver = never
    # WHEN the campaign runs
    status, reports = shop.start(**replay())
    failed = shop.campaign()
    # THEN it fails with a reason
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert failed.status == "failed" and "could not be sent" in failed.reason
    # AND goes on where it was when what was wrong is mended
    shop.deliver = shop.deliver_all
    monkeypatch.setattr(settling, "IDLE_ROUNDS", 12)
    status, reports = shop.act("resume")
    assert (status, list(reports)) == ("SUCCEEDED", ["Finished"])
    assert shop.campaign().reason == ""
    assert shop.jobs().count("allocate") == 1


def test_a_round_waits_for_the_end_of_quiet_hours(shop):
    # GIVEN letters that have to wait for some seconds, more than a busy machine takes to get there
    until = datetime.now(UTC) + timedelta(seconds=6)

    def quiet(event):
        if datetime.now(UTC) < until:
            shop.progress(event, state="waiting", sent=0, deferred=event["part"]["rows"], resume_at=until)
            return {"state": "waiting"}
        return shop.deliver_all(event)

    shop.deliver = quiet
    # WHEN the campaign runs
    status, _ = shop.start(**replay())
    # THEN they were sent afterwards
    assert (status, shop.campaign().delivery.sent) == ("SUCCEEDED", 3)


@pytest.mark.parametrize("job", ["audience", "allocate", "measure"])
def test_a_job_that_fails_fails_the_campaign_with_the_containers_reason_until_it_is_resumed(shop, job):
    # GIVEN a container that fails
    shop.broken = job
    # WHEN the campaign runs
    status, reports = shop.start(**replay())
    failed = shop.campaign()
    # THEN the report and the campaign have the reason, and the job was not run again
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert "the container said why" in reports["Failed"]["error"]["Cause"]
    assert (failed.status, shop.jobs().count(job)) == ("failed", 1)
    assert "the container said why" in failed.reason
    # AND a resumed run does only what is left
    sent, shop.broken = len(shop.delivered), ""
    status, reports = shop.act("resume")
    assert (status, list(reports)) == ("SUCCEEDED", ["Finished"])
    assert (len(shop.delivered), sent) == (2, 2 if job == "measure" else 0)


def test_a_campaign_goes_on_measuring_with_the_look_that_is_due(shop):
    # GIVEN a campaign whose second look failed
    looked = []

    def second_fails():
        looked.append(1)
        shop.meanwhile["measure"] = lambda: setattr(shop, "broken", "measure")

    shop.meanwhile["measure"] = second_fails
    shop.start(**replay())
    assert (shop.campaign().status, shop.campaign().looks_done) == ("failed", 1)
    # WHEN it is resumed
    shop.broken = ""
    shop.act("resume")
    # THEN only the second look was had again
    looks = [request["Environment"]["SHOPKEEPER_LOOK"] for step, request in shop.requests if step == "measure"]
    assert looks == ["1", "2", "2"]


def test_a_live_campaign_waits_for_its_looks(shop):
    # GIVEN a campaign that is not a replay
    save_campaign(shop.account)
    call(lambda_context(), "POST", "/v1/campaigns/win-back/start")
    # WHEN everything was sent
    for _ in range(1200):
        if shop.campaign().status == "measuring":
            break
        time.sleep(0.05)
    # THEN it is being measured, and no job runs before the first look is due
    time.sleep(0.3)
    assert (shop.campaign().status, shop.jobs()) == ("measuring", ["audience", "allocate"])
    # AND cancelling it stops the execution
    status, body, _ = call(lambda_context(), "POST", "/v1/campaigns/win-back/cancel")
    [execution] = shop.executions()
    ending, reports = shop.ended(execution["executionArn"])
    assert (status, body["status"], ending, reports) == (200, "cancelled", "ABORTED", {})


def test_a_schedule_that_starts_twice_sends_once(shop):
    # GIVEN a campaign that is scheduled
    save_campaign(shop.account, status="scheduled", **replay())
    given = {"campaign_id": "win-back", "run": 1, "preview": False}
    # WHEN the schedule starts it twice
    first, second = shop.execute("from-a-schedule", **given), shop.execute("and-again", **given)
    # THEN the first has it, and the second does nothing
    assert (first[0], list(first[1])) == ("SUCCEEDED", ["Finished"])
    assert (second[0], list(second[1])) == ("SUCCEEDED", ["Superseded"])
    assert len(shop.delivered) == 2
    assert shop.campaign().execution == "from-a-schedule"


def test_an_execution_that_slept_through_a_pause_does_nothing(shop):
    # GIVEN a campaign that was resumed by another execution while a job of the first still ran
    def other():
        campaign = shop.campaign()
        campaigns.put(shop.account.dynamodb, TABLE, campaign.model_copy(update={"execution": "win-back-r0001-2"}))

    shop.meanwhile["audience"] = other
    # WHEN the first goes on
    status, reports = shop.start(**replay())
    # THEN it ends, and the campaign is the second's
    assert (status, list(reports)) == ("SUCCEEDED", ["Superseded"])
    assert (shop.campaign().status, shop.delivered) == ("sending", [])


@pytest.mark.parametrize("step", ["CampaignPlanFunctionArn", "CampaignCheckFunctionArn", "SettleFunctionArn"])
def test_every_step_may_be_repeated(shop, step):
    # GIVEN a step whose first answer is lost each time
    real, calls = shop.functions.handlers[step], []

    def lost(event, context):
        answer = real(event, context)
        calls.append(1)
        if len(calls) % 2:
            metadata = {"HTTPStatusCode": 429, "RequestId": "r"}
            error = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate exceeded"}}
            raise ClientError(error | {"ResponseMetadata": metadata}, "Invoke")
        return answer

    shop.functions.handlers[step] = lost
    # WHEN the campaign runs
    status, reports = shop.start(**replay(looks=1))
    # THEN it comes to the same
    assert (status, list(reports)) == ("SUCCEEDED", ["Finished"]), (shop.described, reports)
    assert (shop.campaign().looks_done, len(shop.delivered)) == (1, 2)
    assert shop.jobs() == ["audience", "allocate", "measure"]


@pytest.mark.parametrize("given", [{"campaign_id": "nope", "run": 1}, {"campaign_id": "win-back"}, {}])
def test_an_input_that_is_none_is_reported(shop, given):
    # GIVEN an input with something wrong
    # WHEN the workflow runs
    status, reports = shop.execute("wrong", **given)
    # THEN the report has it, and no job began
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert (reports["Failed"]["input"], shop.jobs()) == (given, [])


def test_no_customer_is_in_the_history_or_the_reports(shop):
    # GIVEN an audience with a sample
    found = facts(3, sample=["customer-77"])
    shop.audience = lambda request: put(
        shop.account, f"{shop.folder(request, 'audience')}/audience.json", found.model_dump_json()
    )
    # WHEN the campaign has run
    _, reports = shop.start(**replay())
    history = shop.sfn.get_execution_history(executionArn=shop.described["executionArn"])
    # THEN neither holds it
    assert "customer-77" not in json.dumps([history, reports], default=str)


def test_the_real_letters_go_out_once_each_whatever_is_repeated(shop, monkeypatch):
    # GIVEN the real deliver function with a mail service, whose answer is lost once for each part
    ses, lost = Ses(), set()
    monkeypatch.setattr("functions.deliver.mail.client", only_ses(ses))
    shop.functions.context.get_remaining_time_in_millis = lambda: 600_000

    def lose_the_first(event):
        answer = deliver(event, shop.functions.context)
        if event["part"]["number"] not in lost:
            lost.add(event["part"]["number"])
            raise RuntimeError("Runtime exited")
        return answer

    shop.deliver = lose_the_first
    # WHEN the campaign runs, fails when it is measured, and is resumed
    shop.broken = "measure"
    shop.start(**replay(looks=1))
    shop.broken = ""
    status, reports = shop.act("resume")
    # THEN everybody of both parts has one letter
    assert (status, list(reports)) == ("SUCCEEDED", ["Finished"])
    assert ses.receivers == ["c-1-0@example.com", "c-2-0@example.com", "c-2-1@example.com"]
    assert shop.campaign().delivery.sent == 3
