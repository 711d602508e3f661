"""A part is sent: who gets a letter, what is in it, and who gets none and why."""

from datetime import UTC, datetime, timedelta

import pytest

from commerce.campaigns.audience import Member
from commerce.campaigns.campaign import Arm, Budget
from commerce.campaigns.ledger import address_pk, budget_pk, coupon_pk, customer_pk
from functions.common import ledger, tokens
from tests.functions.delivering import OFFER, WITH_OFFER, Sent, members
from tests.functions.support import SECRET


@pytest.fixture
def send(account, ses, context):
    return lambda people, **definition: Sent(account, ses, context, people, **definition)


def used(account, kind, id_, name):
    [item] = [i for i in account.items("letters") if i["pk"]["S"] == budget_pk(kind, id_)]
    return float(item[name]["N"])


def test_every_member_gets_one_letter_and_the_ledger_says_so(send, ses):
    # GIVEN a part of forty members
    campaign = send(members(40))
    # WHEN it is delivered, and delivered again
    states = campaign.deliver(), campaign.deliver()
    # THEN everyone got one letter, and the part is done
    assert states == ("done", "done")
    assert ses.receivers == sorted(m.email for m in campaign.people)
    rows = campaign.letters()
    assert {row["state"]["S"] for row in rows.values()} == {"sent"}
    assert {row["ses_message_id"]["S"] for row in rows.values()} == {mail.id for mail in ses.mails}
    assert (campaign.progress.state, campaign.progress.sent) == ("done", 40)


def test_a_letter_is_the_members_own_and_carries_a_signed_unsubscribe_link(send, ses):
    # GIVEN one member
    campaign = send(members(1))
    # WHEN they are written to
    campaign.deliver()
    # THEN the letter names them, can be unsubscribed with one click, and its tags say nothing of them
    [mail] = ses.mails
    assert mail.message["Subject"] == "Hello Robin0"
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail.message["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://api.shop.example/live/v1/unsubscribe?token=")
    claims = tokens.verify([SECRET], link.partition("token=")[2], datetime.now(UTC))
    assert (claims.customer_id, claims.campaign_id, claims.letter_id) == ("c-0", "spring", mail.tags["letter"])
    assert claims.expires - datetime.now(UTC) > timedelta(days=364)
    assert "c-0" not in str(mail.tags)
    assert mail.tags | {"letter": ""} == {
        "campaign": "spring",
        "run": "r0001",
        "arm": "letter",
        "letter": "",
        "attempt": "1",
    }


def test_who_unsubscribed_complained_or_bounced_gets_nothing(send, ses, account):
    # GIVEN members of whom the ledger knows something against writing to them, and one without an address
    people = [*members(4), Member(customer_id="c-9", arm="letter", email=" ")]
    now = datetime.now(UTC)
    ledger.unsubscribe(account.dynamodb, "test-letters", "c-0", now)
    ledger.complain(account.dynamodb, "test-letters", "c-1", now)
    ledger.suppress(account.dynamodb, "test-letters", " C2@EXAMPLE.com", "bounced", now)
    campaign = send(people)
    # WHEN the part is delivered
    state = campaign.deliver()
    # THEN only the other one is written to, and each reason is counted
    assert (state, ses.receivers) == ("done", ["c3@example.com"])
    reasons = {"unsubscribed": 1, "complained": 1, "bounced": 1, "no_address": 1}
    assert campaign.progress.skipped == reasons


@pytest.mark.parametrize(
    "bar",
    [
        lambda account: ledger.unsubscribe(account.dynamodb, "test-letters", "c-30", datetime.now(UTC)),
        lambda account: ledger.suppress(
            account.dynamodb, "test-letters", "c30@example.com", "bounced", datetime.now(UTC)
        ),
    ],
)
def test_what_is_said_in_the_middle_of_a_part_takes_effect_at_once(send, ses, account, bar):
    # GIVEN a member towards the end of a part, who says or bounces while the first are written to
    campaign = send(members(40))
    ses.before_sending = lambda to: bar(account) if to == "c3@example.com" else None
    # WHEN the part is delivered
    campaign.deliver()
    # THEN they get nothing
    assert len(ses.receivers) == 39
    assert "c30@example.com" not in ses.receivers


def test_what_is_said_between_reading_and_claiming_costs_nobody_else_the_letter(send, ses, account, monkeypatch):
    # GIVEN a member who unsubscribes after their standing was read, but before the claim of their group
    from functions.deliver.storage import AwsStorage

    real, once = AwsStorage.claim, iter([True])

    def claim(self, *arguments):
        if next(once, False):
            ledger.unsubscribe(account.dynamodb, "test-letters", "c-2", datetime.now(UTC))
        return real(self, *arguments)

    monkeypatch.setattr(AwsStorage, "claim", claim)
    campaign = send(members(5))
    # WHEN the part is delivered
    state = campaign.deliver()
    # THEN the claim refuses them, and the others are claimed one by one
    assert (state, len(ses.receivers), campaign.progress.skipped) == ("done", 4, {"unsubscribed": 1})


def test_two_customers_may_share_an_address(send, ses):
    # GIVEN a couple with one address
    campaign = send(members(3, email="both@example.com"))
    # WHEN they are written to
    # THEN each gets their letter
    assert campaign.deliver() == "done"
    assert len(ses.mails) == 3


def test_a_customer_named_twice_gets_one_letter(send, ses):
    # GIVEN a file that names a customer twice
    campaign = send(members(2) + members(2))
    # WHEN it is delivered
    campaign.deliver()
    # THEN they get one
    assert ses.receivers == ["c0@example.com", "c1@example.com"]


def test_a_letter_that_cannot_be_written_costs_no_other(send, ses):
    # GIVEN a member whose address is none
    campaign = send([*members(2), Member(customer_id="c-x", arm="letter", email="nobody at example.com")])
    # WHEN the part is delivered
    # THEN the others get theirs, and nothing was taken for the one
    assert campaign.deliver() == "done"
    assert (len(ses.mails), campaign.progress.skipped) == (2, {"not_renderable": 1})
    assert set(campaign.letters()) == {"c-0", "c-1"}


def test_the_cap_counts_the_letters_of_all_campaigns(send, ses, monkeypatch):
    # GIVEN a cap of two letters in seven days, and two campaigns that wrote to a customer already
    monkeypatch.setenv("SENDING", '{"quiet_from": null, "cap_letters": 2, "cap_days": 7}')
    send(members(1), id_="first").deliver()
    send(members(1), id_="second").deliver()
    # WHEN a third one wants to
    third = send(members(2), id_="third")
    third.deliver()
    # THEN it does not, but writes to whom it is the first
    assert third.progress.skipped == {"frequency_cap": 1}
    assert set(third.letters()) == {"c-1"}


def test_letters_of_long_ago_do_not_count(send, ses, account, monkeypatch):
    # GIVEN a customer whose last letter was eight days ago, and a cap of one in seven days
    monkeypatch.setenv("SENDING", '{"quiet_from": null, "cap_letters": 1, "cap_days": 7}')
    old = ledger.text(datetime.now(UTC) - timedelta(days=8))
    item = ledger.key(customer_pk("c-0"), "frequency") | {"revision": {"N": "4"}, "letters": {"M": {"x": {"S": old}}}}
    account.dynamodb.put_item(TableName="test-letters", Item=item)
    # WHEN they are written to
    send(members(1)).deliver()
    # THEN they get it, and what does not count any more is forgotten
    [kept] = [i for i in account.items("letters") if i["sk"]["S"] == "frequency"]
    assert (len(ses.mails), set(kept["letters"]["M"]), kept["revision"]["N"]) == (1, {"spring"}, "5")


def test_in_quiet_hours_a_letter_waits_until_they_end_where_the_customer_is(send, ses, monkeypatch):
    # GIVEN quiet hours that hold now where one customer lives, and not where the other does
    local = datetime.now(UTC).hour
    monkeypatch.setenv("SENDING", f'{{"quiet_from": {local}, "quiet_until": {(local + 2) % 24}}}')
    people = members(1, time_zone="UTC") + members(1, start=1, time_zone="Etc/GMT-6")
    campaign = send(people)
    # WHEN the part is delivered
    state = campaign.deliver()
    # THEN one gets the letter now, the part waits for the other, and nothing was claimed for them
    assert (state, ses.receivers) == ("waiting", ["c1@example.com"])
    progress = campaign.progress
    assert (progress.state, progress.deferred) == ("waiting", 1)
    assert progress.resume_at.hour == (local + 2) % 24
    assert set(campaign.letters()) == {"c-1"}


def test_a_coupon_is_issued_with_the_claim_and_is_the_same_whenever_it_is_computed(send, ses, account):
    # GIVEN an arm with an offer
    campaign = send(members(3), arms=WITH_OFFER, offers=OFFER)
    # WHEN its members are written to
    campaign.deliver()
    # THEN each letter holds a code of its own, which is in the ledger with its offer and last day
    codes = {row["coupon"]["S"] for row in campaign.letters().values()}
    assert len(codes) == 3
    for code in codes:
        assert len(code) == 12 and not set(code) & set("ILOU")
        assert sum(code in str(mail.message) for mail in ses.mails) == 1
        [coupon] = [i for i in account.items("letters") if i["pk"]["S"] == coupon_pk(code)]
        assert coupon["offer_id"]["S"] == "ten"
    assert used(account, "offer", "ten", "issued") == 3
    assert used(account, "campaign", "spring", "spent") == 7.5


def test_an_offer_with_fewer_coupons_than_members_is_issued_to_the_last_one_and_no_further(send, ses, account):
    # GIVEN an offer of which there are ten, and eleven members
    offers = {"ten": OFFER["ten"].model_copy(update={"limit": 10})}
    campaign = send(members(11), arms=WITH_OFFER, offers=offers)
    # WHEN they are written to
    state = campaign.deliver()
    # THEN ten get a letter and one is skipped
    assert (state, len(ses.mails), campaign.progress.skipped) == ("done", 10, {"offer_exhausted": 1})
    assert used(account, "offer", "ten", "issued") == 10


def test_a_budget_is_spent_to_the_last_coupon_that_fits(send, ses, account):
    # GIVEN a budget for seven coupons and a half
    budget = Budget(amount="18.75", currency="EUR")
    campaign = send(members(20), arms=WITH_OFFER, offers=OFFER, budget=budget)
    # WHEN twenty are to be written to
    campaign.deliver()
    # THEN seven are
    assert (len(ses.mails), campaign.progress.skipped) == (7, {"budget_exhausted": 13})
    assert used(account, "campaign", "spring", "spent") == 17.5


def test_an_offer_that_has_ended_is_not_issued(send, ses):
    # GIVEN an offer whose last day was long ago, in one of two arms
    offers = {"ten": OFFER["ten"].model_copy(update={"ends_on": datetime(2020, 1, 1).date()})}  # noqa: DTZ001
    arms = [*WITH_OFFER, Arm(name="plain", template_id="hello", template_version=1)]
    campaign = send(members(2) + members(2, start=2, arm="plain"), arms=arms, offers=offers)
    # WHEN both are written to
    campaign.deliver()
    # THEN only the other arm is
    assert ses.receivers == ["c2@example.com", "c3@example.com"]
    assert campaign.progress.skipped == {"offer_ended": 2}


@pytest.mark.parametrize("status", ["paused", "cancelled"])
def test_a_pause_takes_effect_within_a_batch(send, ses, status):
    # GIVEN a campaign that is paused while its third letter is sent
    campaign = send(members(60))
    ses.before_sending = lambda to: campaign.set_status(status) if to == "c2@example.com" else None
    # WHEN its part is delivered
    state = campaign.deliver()
    # THEN it stops after the batch that was claimed; resumed, it sends the rest once
    assert state == "stopped"
    assert len(ses.mails) == 15
    ses.before_sending = lambda to: None
    campaign.set_status("sending")
    assert campaign.deliver() == "done"
    assert ses.receivers == sorted(m.email for m in campaign.people)


def test_with_little_time_left_nothing_is_begun(send, ses, context):
    # GIVEN an invocation whose time runs out after some batches
    left = iter([600, 600, 600, *[500] * 16, 10])
    context.get_remaining_time_in_millis = lambda: next(left, 10) * 1000
    campaign = send(members(60))
    # WHEN the part is delivered, and again with time enough
    state = campaign.deliver()
    sent = len(ses.mails)
    context.get_remaining_time_in_millis = lambda: 600_000
    again = campaign.deliver()
    # THEN the first pass says that there is more, and nothing is lost or doubled
    assert (state, again) == ("more", "done")
    assert 0 < sent < 60
    assert ses.receivers == sorted(m.email for m in campaign.people)


def test_logs_and_metrics_hold_nothing_personal(send, ses, capsys):
    # GIVEN members who are written to, skipped, and refused
    campaign = send(members(20))
    campaign.deliver()
    campaign.tell("Send", "Delivery", "Bounce")
    campaign.settle()
    # WHEN what was written is read
    written = capsys.readouterr().out
    # THEN it says what happened and not to whom
    assert "LettersSent" in written
    assert "example.com" not in written
    assert not any(f'"c-{i}"' in written for i in range(20))


def test_suppression_goes_by_a_hash():
    # GIVEN an address however it is written
    # WHEN its partition is named
    # THEN it is one, and does not hold the address
    assert address_pk("Ann@Example.com ") == address_pk("ann@example.com")
    assert "ann" not in address_pk("ann@example.com")
