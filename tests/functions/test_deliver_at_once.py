"""Parts and campaigns that are sent at the same time keep together what each keeps alone."""

import threading

import pytest

from commerce.campaigns.campaign import Budget
from commerce.campaigns.ledger import budget_pk
from tests.functions.delivering import OFFER, WITH_OFFER, Sent, everyone_once, members


@pytest.fixture
def send(account, ses, context, monkeypatch):
    monkeypatch.setattr("functions.deliver.storage.pause", lambda attempt: None)
    monkeypatch.setattr("functions.deliver.logic.pause", lambda attempt: None)
    return lambda people, **definition: Sent(account, ses, context, people, **definition)


def test_the_same_part_delivered_by_several_at_once(send, ses, one_at_a_time):
    # GIVEN a part that is delivered three times at the same time
    campaign = send(members(30), arms=WITH_OFFER, offers=OFFER)
    errors = []

    def deliver():
        try:
            campaign.deliver()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must know
            errors.append(error)

    together([deliver] * 3)
    # WHEN it is delivered once more
    state = campaign.deliver()
    # THEN everyone has one letter
    assert (errors, state) == ([], "done")
    assert everyone_once(campaign, ses)


def test_a_budget_is_never_overspent_by_parts_at_once(send, ses, account, one_at_a_time):
    # GIVEN four parts with an offer of which there are 31, and a budget for 40
    offers = {"ten": OFFER["ten"].model_copy(update={"limit": 31})}
    parts = [
        send(
            members(16, start=16 * i),
            id_=f"part-{i}",
            arms=WITH_OFFER,
            offers=offers,
            budget=Budget(amount="100", currency="EUR"),
        )
        for i in range(4)
    ]
    # WHEN they are delivered at the same time
    together([part.deliver for part in parts])
    # THEN exactly 31 letters went out
    assert len(ses.mails) == 31
    [issued] = [i["issued"]["N"] for i in account.items("letters") if i["pk"]["S"] == budget_pk("offer", "ten")]
    assert issued == "31"


def test_two_campaigns_at_once_keep_the_cap_together(send, ses, monkeypatch, one_at_a_time):
    # GIVEN a cap of one letter, and three campaigns to the same customers
    monkeypatch.setenv("SENDING", '{"quiet_from": null, "cap_letters": 1}')
    campaigns = [send(members(20), id_=f"campaign-{i}") for i in range(3)]
    # WHEN they are delivered at the same time
    together([campaign.deliver for campaign in campaigns])
    # THEN everyone got one letter altogether
    assert everyone_once(campaigns[0], ses)


def together(calls):
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
