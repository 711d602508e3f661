"""Whatever fails while a part is sent: nobody gets two letters, and in the end nobody's is missing."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.campaigns.campaign import Budget
from commerce.campaigns.ledger import address_pk, budget_pk
from functions.common import aws, ledger
from functions.deliver.storage import AwsStorage
from tests.functions.delivering import OFFER, WITH_OFFER, Killed, Lost, Sent, everyone_once, members, refusal, time_out
from tests.functions.passing_time import Later, until_done


@pytest.fixture
def send(account, ses, context, monkeypatch):
    monkeypatch.setattr("functions.deliver.storage.pause", lambda attempt: None)
    monkeypatch.setattr("functions.deliver.logic.pause", lambda attempt: None)
    return lambda people, **definition: Sent(account, ses, context, people, **definition)


@pytest.fixture
def later(monkeypatch):
    return Later(monkeypatch)


def state_of(campaign, customer):
    return campaign.letters()[customer]["state"]["S"]


@pytest.mark.parametrize("call", [1, 7, 15, 16, 20])
def test_killed_between_claim_and_sending(send, ses, later, call):
    # GIVEN a process that dies as it is about to hand a letter over
    campaign = send(members(20))
    ses.script[call] = Killed()
    campaign.deliver_killed()
    # WHEN the workflow goes on
    states = until_done(campaign, later)
    # THEN everyone has one letter
    assert states[-1] == "done"
    assert everyone_once(campaign, ses)


@pytest.mark.parametrize("call", [1, 15, 20])
def test_killed_between_sending_and_the_mark(send, ses, later, call):
    # GIVEN a process that dies when the mail service has a letter, before that is noted
    campaign = send(members(20))
    ses.script[call] = Lost(Killed())
    campaign.deliver_killed()
    unmarked = ses.mails[-1]
    assert state_of(campaign, f"c-{call - 1}") == "claimed"
    # WHEN its event comes in and the workflow goes on
    states = until_done(campaign, later)
    # THEN the event marks it, and it is not sent again
    assert states[-1] == "done"
    assert everyone_once(campaign, ses)
    assert campaign.letters()[f"c-{call - 1}"]["ses_message_id"]["S"] == unmarked.id


def test_a_letter_in_doubt_is_left_alone_until_its_time_has_passed(send, ses):
    # GIVEN a letter whose answer was lost
    campaign = send(members(3))
    ses.script[2] = Lost(time_out())
    first = campaign.deliver()
    # WHEN the part is delivered again at once, even though later mail was heard of
    campaign.tell(mails=ses.mails[2:])
    again = campaign.deliver()
    # THEN nothing is sent: it is in doubt, and it is said when to look again
    assert (first, again, len(ses.mails)) == ("waiting", "waiting", 3)
    progress = campaign.progress
    assert (progress.sent, progress.in_doubt) == (2, 1)
    assert timedelta(minutes=13) < progress.resume_at - datetime.now(UTC) < timedelta(minutes=16)


def test_without_evidence_a_letter_stays_in_doubt_for_ever(send, ses, later):
    # GIVEN a letter whose answer was lost, and a mail service that publishes nothing
    campaign = send(members(1))
    ses.script[1] = Lost(time_out())
    campaign.deliver()
    # WHEN hours pass and the part is delivered again and again
    states = []
    for _ in range(5):
        later.on(hours=1)
        states.append(campaign.deliver())
    # THEN it is never sent again, and it is told
    assert set(states) == {"waiting"}
    assert (ses.receivers, campaign.progress.in_doubt) == (["c0@example.com"], 1)


def test_where_no_later_mail_is_heard_of_a_probe_is_sent_and_its_event_is_the_evidence(send, ses, later):
    # GIVEN the last letter of a shop, which never reached the mail service
    campaign = send(members(1))
    ses.script[1] = time_out()
    campaign.deliver()
    later.on(minutes=16)
    # WHEN the part is delivered after its time, the probe's event comes in, and it is delivered again
    second = campaign.deliver()
    probes = [mail for mail in ses.mails if mail.to == "success@simulator.amazonses.com"]
    campaign.tell(mails=probes)
    third = campaign.deliver()
    # THEN one probe was sent, and then the letter, as a second attempt
    assert (second, len(probes), third) == ("waiting", 1, "done")
    [letter] = [mail for mail in ses.mails if mail.to == "c0@example.com"]
    assert letter.tags["attempt"] == "2"


def test_of_many_passes_one_sends_the_probe(send, ses, later):
    # GIVEN a letter in doubt past its time
    campaign = send(members(1))
    ses.script[1] = time_out()
    campaign.deliver()
    later.on(minutes=16)
    # WHEN several passes look at it
    for _ in range(3):
        campaign.deliver()
    # THEN one probe was sent
    assert [mail.to for mail in ses.mails] == ["success@simulator.amazonses.com"]


def test_what_was_heard_of_earlier_mail_is_no_evidence(send, ses, later):
    # GIVEN events of mail that was sent before the letter was claimed
    campaign = send(members(5))
    ses.script[5] = Lost(time_out())
    campaign.deliver()
    campaign.tell(mails=ses.mails[:4])
    later.on(minutes=16)
    # WHEN the part is delivered
    campaign.deliver()
    # THEN the letter is not sent again
    assert ses.receivers == sorted(m.email for m in campaign.people)
    assert campaign.progress.in_doubt == 1


def test_the_second_attempt_takes_no_second_coupon_budget_or_place_under_the_cap(send, ses, account, later):
    # GIVEN a coupon letter that never reached the mail service
    campaign = send(members(1), arms=WITH_OFFER, offers=OFFER, budget=Budget(amount="2.50", currency="EUR"))
    ses.script[1] = Killed()
    campaign.deliver_killed()
    code = campaign.letters()["c-0"]["coupon"]["S"]
    # WHEN it is sent in the end
    states = []
    for _ in range(3):
        later.on(minutes=16)
        states.append(campaign.deliver())
        campaign.tell()
    # THEN it holds the same code, and everything was counted once
    assert states[-1] == "done"
    [letter] = [mail for mail in ses.mails if mail.to == "c0@example.com"]
    assert code in str(letter.message)
    assert spent(account) == 2.5
    [frequency] = [i for i in account.items("letters") if i["sk"]["S"] == "frequency"]
    assert frequency["revision"]["N"] == "1"


def spent(account, id_="spring"):
    [item] = [i for i in account.items("letters") if i["pk"]["S"] == budget_pk("campaign", id_)]
    return float(item["spent"]["N"])


def test_who_unsubscribes_while_their_letter_is_in_doubt_does_not_get_it(send, ses, account, later):
    # GIVEN a coupon letter that never reached the mail service, whose customer unsubscribes meanwhile
    campaign = send(members(2), arms=WITH_OFFER, offers=OFFER, budget=Budget(amount="9", currency="EUR"))
    ses.script[1] = time_out()
    campaign.deliver()
    ledger.unsubscribe(account.dynamodb, "test-letters", "c-0", datetime.now(UTC))
    # WHEN there is evidence that it was not sent
    later.on(minutes=16)
    campaign.deliver()
    campaign.tell()
    states = [campaign.deliver(), campaign.deliver()]
    # THEN it is closed, counted as skipped, and its coupon is given back
    assert states == ["done", "done"]
    assert ses.receivers == ["c1@example.com"]
    assert campaign.progress.skipped == {"unsubscribed": 1}
    assert spent(account) == 2.5


def test_a_letter_that_is_refused_fails_and_gives_back_what_it_had_taken(send, ses, account):
    # GIVEN a budget for one coupon, and a mail service that refuses the first letter
    campaign = send(members(2), arms=WITH_OFFER, offers=OFFER, budget=Budget(amount="2.50", currency="EUR"))
    ses.script[1] = refusal("MessageRejected", "Address blacklisted.")
    # WHEN the part is delivered until it is done
    campaign.deliver()
    campaign.deliver()
    # THEN one failed, the other had the money, and the cap does not count what was not sent
    assert (campaign.progress.failed, campaign.progress.sent, ses.receivers) == (1, 1, ["c1@example.com"])
    assert campaign.letters()["c-0"]["reason"]["S"] == "MessageRejected"
    assert spent(account) == 2.5
    assert len([i for i in account.items("letters") if i["sk"]["S"] == "coupon"]) == 1
    [capped] = [i for i in account.items("letters") if i["sk"]["S"] == "frequency" and i["pk"]["S"] == "customer#c-0"]
    assert capped["letters"]["M"] == {}


def test_throttling_is_waited_for_with_the_same_claim(send, ses):
    # GIVEN a mail service that has enough for the moment
    campaign = send(members(20))
    ses.script |= {call: refusal("TooManyRequestsException", status=429) for call in (3, 4, 9)}
    # WHEN the part is delivered
    # THEN all is sent in one pass, each letter at its first attempt
    assert campaign.deliver() == "done"
    assert everyone_once(campaign, ses)
    assert {mail.tags["attempt"] for mail in ses.mails} == {"1"}


def test_lasting_throttling_leaves_nothing_in_doubt(send, ses):
    # GIVEN an account whose quota of the day is used up
    campaign = send(members(20))
    ses.script["always"] = refusal("LimitExceededException")
    state = campaign.deliver()
    assert (state, campaign.progress.in_doubt, ses.mails) == ("waiting", 0, [])
    # WHEN it can send again, long before anything would be doubted
    ses.script.clear()
    # THEN it is all sent
    assert campaign.deliver() == "done"
    assert everyone_once(campaign, ses)


@pytest.mark.parametrize(
    "error",
    [
        refusal("SendingPausedException"),
        refusal("AccessDeniedException", status=403),
        refusal("MessageRejected", "Email address is not verified. …: letters@shop.example"),
        EndpointConnectionError(endpoint_url="https://email.example"),
    ],
)
def test_an_account_that_cannot_send_fails_the_part_and_no_letter(send, ses, error):
    # GIVEN an account that may not send at all
    campaign = send(members(20))
    ses.script["always"] = error
    # WHEN the part is delivered
    state = campaign.deliver()
    # THEN it stops at the first letter, the part counts as failed, and later everything is sent
    assert (state, ses.calls, campaign.progress.state) == ("waiting", 1, "failed")
    ses.script.clear()
    assert campaign.deliver() == "done"
    assert everyone_once(campaign, ses)


def test_a_mail_service_that_does_not_answer_puts_three_letters_in_doubt_and_no_more(send, ses, later):
    # GIVEN a mail service that takes everything and answers nothing
    campaign = send(members(40))
    ses.script["always"] = Lost(time_out())
    state = campaign.deliver()
    assert (state, campaign.progress.in_doubt, len(ses.mails)) == ("waiting", 3, 3)
    # WHEN it has recovered
    ses.script.clear()
    # THEN everyone gets one letter
    assert until_done(campaign, later)[-1] == "done"
    assert everyone_once(campaign, ses)


def test_an_error_of_the_service_itself_is_no_answer(send, ses):
    # GIVEN an answer of 500, which may have come after the mail was taken
    campaign = send(members(2))
    ses.script[1] = Lost(refusal("InternalFailure", status=500))
    # WHEN the part is delivered
    campaign.deliver()
    # THEN the letter is in doubt
    assert (campaign.progress.in_doubt, campaign.progress.sent) == (1, 1)


def test_a_mark_that_cannot_be_written_ends_the_pass_and_the_event_makes_up_for_it(send, ses, later, monkeypatch):
    # GIVEN a table that refuses one mark
    campaign = send(members(20))
    real, calls = AwsStorage.sent, iter([False, True])

    def sent(self, *arguments):
        if next(calls, False):
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")
        real(self, *arguments)

    monkeypatch.setattr(AwsStorage, "sent", sent)
    with pytest.raises(ClientError):
        campaign.deliver()
    # WHEN the workflow goes on
    # THEN the rest of the group, which was not sent, is sent at once, and the unmarked one not again
    campaign.tell()
    assert campaign.deliver() == "done"
    assert everyone_once(campaign, ses)


def test_a_pass_that_lost_its_claim_does_not_send(send, ses, later, monkeypatch):
    # GIVEN a pass that stands still for an hour after its claim, in which another takes the letter over and sends it
    campaign = send(members(1))
    real, first = AwsStorage.claim, iter([True])

    def claim(self, *arguments):
        against = real(self, *arguments)
        if next(first, False):
            ledger.saw_event(aws.client("dynamodb"), "test-letters", datetime.now(UTC) + timedelta(minutes=50))
            later.on(hours=1)
            assert campaign.deliver() == "done"
        return against

    monkeypatch.setattr(AwsStorage, "claim", claim)
    # WHEN it wakes up
    campaign.deliver()
    # THEN it finds the claim gone, and sends nothing
    assert ses.receivers == ["c0@example.com"]


def test_conflicts_of_transactions_are_tried_again(send, ses, monkeypatch):
    # GIVEN transactions that meet others twice before they go through
    real, conflicts = aws.client("dynamodb")._make_api_call.__func__, iter([True, True, False, True])
    cancelled = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
    }

    def call(self, name, parameters):
        if name == "TransactWriteItems" and next(conflicts, False):
            raise ClientError(cancelled, name)
        return real(self, name, parameters)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
    campaign = send(members(20))
    # WHEN the part is delivered
    # THEN everyone gets one letter
    assert campaign.deliver() == "done"
    assert everyone_once(campaign, ses)


def test_an_address_that_bounces_is_suppressed_for_the_next_campaign(send, ses, account):
    # GIVEN a letter that bounced for good
    first = send(members(2))
    first.deliver()
    first.tell("Send", "Bounce", mails=ses.mails[:1])
    # WHEN another campaign wants to write to the address
    second = send(members(2), id_="autumn")
    second.deliver()
    # THEN it does not
    assert second.progress.skipped == {"bounced": 1}
    assert any(i["pk"]["S"] == address_pk("c0@example.com") for i in account.items("letters"))


FAULTS = {
    "killed before": Killed,
    "killed after": lambda: Lost(Killed()),
    "lost before": time_out,
    "lost after": lambda: Lost(time_out()),
    "refused": lambda: refusal("MessageRejected"),
    "throttled": lambda: refusal("TooManyRequestsException", status=429),
    "paused": lambda: refusal("SendingPausedException"),
    "failing": lambda: refusal("InternalFailure", status=500),
    "failing after": lambda: Lost(refusal("InternalFailure", status=500)),
}
_runs = itertools.count(1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=8)
@given(
    faults=st.dictionaries(st.integers(1, 12), st.sampled_from(sorted(FAULTS)), max_size=6),
    heard=st.lists(st.booleans(), min_size=5, max_size=5),
    repeated=st.booleans(),
)
def test_whatever_goes_wrong_in_whatever_order(send, ses, later, faults, heard, repeated):
    # GIVEN a part, faults at any calls of the mail service, and events that come between some passes and not others
    ses.calls, ses.mails, ses.script = 0, [], {call: FAULTS[kind]() for call, kind in faults.items()}
    run = next(_runs)
    campaign = send(members(6, start=100 * run), id_=f"run-{run}")
    refused = sum(kind == "refused" for kind in faults.values())
    # WHEN it is delivered over and over
    state = None
    for listens in [*heard, *[True] * 6]:
        if state == "done":
            break
        try:
            state = campaign.deliver()
        except Killed:
            state = "killed"
        if listens:
            campaign.tell("Delivery", "Send")
            if repeated:
                campaign.tell("Send", mails=ses.mails[::-1])
        later.on(minutes=16)
        # THEN at no time has anybody two letters
        assert len(set(ses.receivers)) == len(ses.receivers)
    # THEN in the end nobody's is missing but those that were refused
    assert state == "done"
    assert campaign.progress.sent == len(ses.receivers)
    assert campaign.progress.failed == 6 - len(ses.receivers) <= refused
