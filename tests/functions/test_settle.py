"""After a round of sending: how the workflow goes on, and what is told of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from functions.common.campaigns import PartProgress
from functions.settle.logic import DOUBT_ROUNDS, IDLE_ROUNDS, Rounds, broken, decide
from tests.functions.delivering import Lost, Sent, members, refusal, time_out

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def part(number=1, state="done", rows=10, **progress):
    return PartProgress(number=number, rows=rows, state=state, **progress)


def rounds_of(parts, status="sending", most=60):
    """The decisions of one round after another in which nothing changes."""
    before, now, made = Rounds(), NOW, []
    for _ in range(most):
        decision = decide(status, parts, before, now)
        made.append(decision)
        if decision.next != "wait":
            break
        assert decision.at > now
        before, now = decision.rounds, decision.at
    return made


def test_when_every_part_is_done_the_effect_is_measured():
    # GIVEN parts of which all are done
    # WHEN they are settled
    # THEN the campaign goes on to its measurement
    assert decide("sending", [part(sent=9, skipped={"bounced": 1})], Rounds(), NOW).next == "measure"
    assert decide("sending", [], Rounds(), NOW).next == "measure"


@pytest.mark.parametrize(
    ("status", "following"), [("paused", "paused"), ("cancelled", "cancelled"), ("finished", "failed")]
)
def test_what_the_campaign_was_told_meanwhile_comes_first(status, following):
    # GIVEN a campaign that is not sending any more
    # WHEN its parts are settled
    # THEN the workflow ends as it was told
    assert decide(status, [part()], Rounds(), NOW).next == following


def test_quiet_hours_are_waited_out_until_the_first_of_them_ends():
    # GIVEN parts whose members sleep in two zones
    morning, noon = NOW + timedelta(hours=8), NOW + timedelta(hours=12)
    parts = [
        part(1, "waiting", sent=4, deferred=6, resume_at=noon),
        part(2, "waiting", sent=4, deferred=6, resume_at=morning),
        part(3, sent=10),
    ]
    # WHEN they are settled
    decision = decide("sending", parts, Rounds(), NOW)
    # THEN it goes on with the first
    assert (decision.next, decision.at) == ("wait", morning)


def test_a_part_whose_worker_died_is_sent_again_at_once():
    # GIVEN a part that never came to its end
    decision = decide("sending", [part(1, "running", sent=3), part(2, sent=10)], Rounds(), NOW)
    # WHEN it is settled
    # THEN another round begins
    assert (decision.next, decision.at - NOW) == ("wait", timedelta(seconds=1))


def test_a_part_that_keeps_failing_fails_the_campaign_after_a_while_and_not_before():
    # GIVEN a part that fails in every round
    # WHEN it is settled again and again
    made = rounds_of([part(1, "failed"), part(2, sent=10)])
    # THEN waits grow, there is an end with a reason, and it takes hours, not seconds
    assert [d.next for d in made] == ["wait"] * (IDLE_ROUNDS + 1) + ["failed"]
    assert "1 parts could not be sent" in made[-1].reason
    assert timedelta(hours=1) < made[-2].at - NOW < timedelta(hours=12)


def test_rounds_that_get_somewhere_are_not_counted():
    # GIVEN a part that gets on by one letter in each round, as at a very low rate
    before = Rounds()
    for sent in range(1, 50):
        # WHEN it is settled
        decision = decide("sending", [part(1, "running", rows=60, sent=sent)], before, NOW)
        before = decision.rounds
        # THEN it never fails
        assert (decision.next, before.idle) == ("wait", 0)


def test_letters_in_doubt_do_not_hold_up_the_campaign_for_ever():
    # GIVEN a part of which only letters in doubt are left
    made = rounds_of([part(1, "waiting", sent=8, in_doubt=2, resume_at=NOW + timedelta(minutes=15))])
    # WHEN nothing is ever heard of them
    # THEN they are left in doubt, which is told, and the campaign goes on
    assert [d.next for d in made] == ["wait"] * (DOUBT_ROUNDS + 1) + ["measure"]
    assert "2 letters stay in doubt" in made[-1].reason


def test_broken_parts_are_those_that_wait_for_nothing():
    # GIVEN parts in every state
    waiting = part(1, "waiting", resume_at=NOW)
    # WHEN the broken ones are counted
    # THEN it is those that failed, died, or never began
    assert broken([waiting, part(2), part(3, "failed"), part(4, "running"), part(5, "waiting")]) == 3


def told(capsys):
    """Metrics that were written last."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line][-1]


def test_settling_keeps_the_delivery_on_the_campaign_and_measures_it(account, ses, context, capsys):
    # GIVEN a part of which one letter is in doubt
    campaign = Sent(account, ses, context, members(5))
    ses.script[5] = Lost(time_out())
    campaign.deliver()
    capsys.readouterr()
    # WHEN it is settled
    answer = campaign.settle()
    # THEN the campaign says how far it is, and so do the metrics
    assert answer["next"] == "wait"
    assert datetime.fromisoformat(answer["at"]) > datetime.now(UTC) + timedelta(minutes=13)
    assert answer["at"].endswith("Z")
    assert campaign.campaign.delivery.model_dump() == {
        "parts": 1, "parts_done": 0, "sent": 4, "failed": 0, "deferred": 0, "in_doubt": 1, "skipped": {},
    }  # fmt: skip
    metrics = told(capsys)
    assert [metrics[name] for name in ("LettersSent", "LettersInDoubt", "FailedParts")] == [[4.0], [1.0], [0.0]]
    # WHEN its event comes and the next round is settled
    campaign.tell()
    campaign.deliver()
    answer = campaign.settle()
    # THEN sending is over, and only what is new is counted
    assert answer == {"next": "measure", "at": "", "reason": ""}
    assert told(capsys)["LettersSent"] == [1.0]


def test_settling_twice_says_the_same(account, ses, context):
    # GIVEN a part that failed
    campaign = Sent(account, ses, context, members(5))
    ses.script["always"] = refusal("SendingPausedException")
    campaign.deliver()
    # WHEN it is settled twice, as after a retry
    first, again = campaign.settle(), campaign.settle()
    # THEN both say to go on
    assert (first["next"], again["next"]) == ("wait", "wait")
    assert campaign.campaign.delivery.sent == 0


def test_a_paused_campaign_ends_and_a_resumed_one_begins_anew(account, ses, context):
    # GIVEN a campaign that is paused
    campaign = Sent(account, ses, context, members(5))
    campaign.set_status("paused")
    # WHEN it is delivered and settled, then resumed
    stopped, answer = campaign.deliver(), campaign.settle()
    campaign.set_status("sending")
    # THEN nothing was sent before, and everything after
    assert (stopped, answer["next"], ses.receivers) == ("stopped", "paused", [])
    assert campaign.deliver() == "done"
    assert campaign.settle()["next"] == "measure"
