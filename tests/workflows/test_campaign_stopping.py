"""The campaign workflow executed, and paused or cancelled meanwhile."""

import time

import pytest

from tests.functions.campaign_fixtures import (
    call,
)
from tests.workflows.campaign_shop import Shop, replay
from tests.workflows.interpreter import lambda_context


@pytest.fixture
def shop(account, monkeypatch):
    return Shop(account, monkeypatch)


def test_a_paused_campaign_goes_on_where_it_was(shop):
    # GIVEN a campaign that is paused after its first part
    def pause_after_first(event):
        answer = shop.deliver_all(event)
        if event["part"]["number"] == 1:
            call(lambda_context(), "POST", "/v1/campaigns/win-back/pause")
        return answer

    def in_order(event):
        while event["part"]["number"] == 2 and not shop.delivered:
            time.sleep(0.01)
        while event["part"]["number"] == 2 and shop.campaign().status == "sending":
            time.sleep(0.01)
        return pause_after_first(event)

    shop.deliver = in_order
    first = shop.start(**replay())
    # WHEN it is resumed
    shop.deliver = shop.deliver_all
    paused, second = shop.campaign(), shop.act("resume")
    # THEN the same run was finished by a second execution, with the audience and the allocation of the first
    assert (first[0], list(first[1])) == ("SUCCEEDED", ["Paused"])
    assert paused.status == "paused" and paused.delivery.parts_done == 1
    assert (second[0], list(second[1])) == ("SUCCEEDED", ["Finished"])
    assert shop.jobs() == ["audience", "allocate", "measure", "measure"]
    assert {number for number, _ in shop.delivered} == {1, 2}
    campaign = shop.campaign()
    assert (campaign.execution, campaign.run) == ("win-back-r0001-2", 1)


@pytest.mark.parametrize(("action", "ending"), [("pause", "Paused"), ("cancel", "Cancelled")])
@pytest.mark.parametrize("job", ["audience", "allocate"])
def test_before_any_letter_a_pause_or_cancel_ends_the_execution(shop, action, ending, job):
    # GIVEN a campaign that is stopped while a job runs
    shop.meanwhile[job] = lambda: call(lambda_context(), "POST", f"/v1/campaigns/win-back/{action}")
    # WHEN the job is over
    status, reports = shop.start(**replay())
    # THEN nothing is sent
    assert (status, list(reports)) == ("SUCCEEDED", [ending])
    assert shop.delivered == []


def test_a_campaign_paused_before_its_allocation_is_allocated_when_it_is_resumed(shop):
    # GIVEN a campaign that was paused while its audience was sought
    shop.meanwhile["audience"] = lambda: call(lambda_context(), "POST", "/v1/campaigns/win-back/pause")
    shop.start(**replay())
    # WHEN it is resumed
    status, reports = shop.act("resume")
    # THEN it runs from there
    assert (status, list(reports)) == ("SUCCEEDED", ["Finished"])
    assert shop.jobs() == ["audience", "audience", "allocate", "measure", "measure"]


def test_a_cancelled_campaign_is_not_sent_to_the_end(shop):
    # GIVEN a campaign that is cancelled by the time its parts are sent
    def cancel_first(event):
        call(lambda_context(), "POST", "/v1/campaigns/win-back/cancel")
        return shop.deliver_all(event)

    shop.deliver = cancel_first
    # WHEN it runs
    status, reports = shop.start(**replay())
    # THEN it ends so, and cannot be resumed
    assert (status, list(reports)) == ("SUCCEEDED", ["Cancelled"])
    assert (shop.delivered, shop.campaign().status) == ([], "cancelled")
    assert call(lambda_context(), "POST", "/v1/campaigns/win-back/resume")[0] == 409


def test_a_campaign_cancelled_while_it_is_measured_is_not_finished(shop):
    # GIVEN a campaign that is cancelled while its effect is measured
    def cancel():
        call(lambda_context(), "POST", "/v1/campaigns/win-back/cancel")

    shop.meanwhile["measure"] = cancel
    # WHEN it runs
    shop.start(**replay())
    # THEN it stays cancelled
    assert shop.campaign().status == "cancelled"
    assert shop.jobs().count("measure") == 1
