"""Moving the release pointer: one conditional write, done once however often it is asked for."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.release import Release
from functions.common import releases
from functions.common.aws import client
from functions.common.registry import UnknownVersionError
from functions.register.handler import handler as register
from functions.release import logic
from functions.release.handler import ContendedError, change, handler
from tests.functions import runs

NOW = datetime(2026, 1, 31, tzinfo=UTC)
URI = "s3://test-models/{}.tar.gz"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr("functions.release.handler.pause", lambda attempt: None)


@pytest.fixture
def versions(account, context):
    """Versions 1 to 3 approved, 4 rejected."""
    for number in range(1, 5):
        run = runs.planned(run_id=f"20260101-00000{number}").model_dump(mode="json")
        verdict = {"accepted": number < 4, "reasons": []}
        register({"run": run, "model_uri": URI.format(number), "verdict": verdict}, context)


def do(context, action, version, **fields):
    return handler({"action": action, "family": "churn", "version": version, **fields}, context)


def pointer():
    return releases.read(client("dynamodb"), "test-releases", "churn")


def test_a_release_makes_the_version_everybodys_and_remembers_the_one_before(context, versions):
    # GIVEN a live version
    do(context, "release", "1")
    # WHEN another is released
    answer = do(context, "release", "2")
    # THEN it is the champion, with its artifact and the way back
    stored = pointer()
    assert (answer["champion"], answer["previous"], answer["share"]) == ("2", "1", 0.0)
    assert stored.release.champion == "2"
    assert stored.artifacts == {"1": URI.format(1), "2": URI.format(2)}


def test_releasing_again_changes_nothing(context, versions):
    # GIVEN a released version
    first = do(context, "release", "1")
    # WHEN the step is repeated
    second = do(context, "release", "1")
    # THEN even the revision is the same
    assert second == first


def test_a_canary_is_promoted_or_rolled_back(context, versions):
    # GIVEN version 2 as a canary beside champion 1
    do(context, "release", "1")
    canary = do(context, "canary", "2", share=0.1)
    # WHEN it is rolled back, tried again and promoted
    back = do(context, "roll_back", "2")
    do(context, "canary", "2", share=0.1)
    promoted = do(context, "release", "2")
    # THEN each pointer is as it should be
    states = [(r["champion"], r["challenger"], r["share"]) for r in (canary, back, promoted)]
    assert states == [("1", "2", 0.1), ("1", None, 0.0), ("2", None, 0.0)]


def test_rolling_back_a_champion_restores_the_one_before_once(context, versions):
    # GIVEN version 2 after version 1
    do(context, "release", "1")
    do(context, "release", "2")
    # WHEN it is rolled back, and the request repeated
    answers = [do(context, "roll_back", "2") for _ in range(2)]
    # THEN version 1 is live after both
    assert [a["champion"] for a in answers] == ["1", "1"]
    assert answers[0]["revision"] == answers[1]["revision"]


def test_rolling_back_the_first_release_leaves_the_baseline(context, versions):
    # GIVEN a shop's first version
    do(context, "release", "1")
    # WHEN it is rolled back
    answer = do(context, "roll_back", "1")
    # THEN no version is live
    assert answer["champion"] is None


@pytest.mark.parametrize("version", ["4", "99"])
def test_only_an_approved_version_can_go_live(context, versions, version):
    # GIVEN a version that was rejected, or does not exist
    # WHEN it is released
    # THEN it is refused and nothing changes
    with pytest.raises(UnknownVersionError):
        do(context, "release", version)
    assert pointer() is None


def test_a_release_that_another_one_overtook_is_decided_anew(context, versions, monkeypatch):
    # GIVEN a pointer that somebody else moves between this one's reading and writing
    do(context, "release", "1")
    dynamodb = client("dynamodb")
    real, raced = dynamodb.put_item, []

    def race(**parameters):
        if not raced:
            raced.append(True)
            do(context, "release", "2")
        return real(**parameters)

    monkeypatch.setattr(dynamodb, "put_item", race)
    # WHEN version 3 is released
    answer = do(context, "release", "3")
    # THEN it follows the other one instead of undoing it
    assert (answer["champion"], answer["previous"], answer["revision"]) == ("3", "2", 3)


def test_a_pointer_that_never_stands_still_is_an_error_that_says_so(context, versions, monkeypatch):
    # GIVEN a pointer whose revision is never the one that was read
    monkeypatch.setattr("functions.release.handler._write", lambda *a: False)
    # WHEN it is to be moved
    # THEN the step fails and may be repeated
    with pytest.raises(ContendedError):
        change("churn", lambda old, now: logic.released(old, "1", now), {})


def test_of_many_at_once_each_write_is_seen_by_the_next(context, versions, one_at_a_time):
    # GIVEN eight invocations at the same time
    do(context, "release", "1")
    done, failed = [], []

    def run(share):
        try:
            decide = lambda old, now: logic.canary(old, "2", share, now)  # noqa: E731
            done.append(change("churn", decide, {"2": URI.format(2)}).revision)
        except ContendedError:
            failed.append(share)

    threads = [threading.Thread(target=run, args=(share / 10,)) for share in range(1, 9)]
    # WHEN all move the pointer
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # THEN no two wrote the same revision
    assert len(set(done)) == len(done) == 8 - len(failed)
    assert pointer().release.revision == max(done)


@pytest.mark.parametrize(("alarm", "healthy"), [("test-churn-errors", False), ("test-other-errors", True)])
def test_a_canary_is_healthy_while_no_alarm_of_its_family_is_raised(account, context, versions, alarm, healthy):
    # GIVEN a canary, and an alarm that is raised
    do(context, "release", "1")
    do(context, "canary", "2")
    account.cloudwatch.put_metric_alarm(
        AlarmName=alarm, MetricName="Errors", Namespace="AWS/SageMaker", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    account.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="too many errors")
    # WHEN it is checked
    answer = do(context, "check", "2")
    # THEN an alarm of the family counts, with its reason
    assert answer["healthy"] is healthy
    assert bool(answer["reasons"]) is not healthy


def raised(alarm):
    """CloudWatch's event of an alarm that is raised, as its documentation shows it."""
    state = {"value": "ALARM", "reason": "Threshold Crossed", "timestamp": "2026-01-31T10:00:00.000+0000"}
    data = {"alarmName": alarm, "state": state, "previousState": state | {"value": "OK"}, "configuration": {}}
    return {"source": "aws.cloudwatch", "alarmArn": f"arn:aws:cloudwatch:alarm:{alarm}", "alarmData": data}


def test_an_alarm_takes_a_challenger_back_and_leaves_the_champion(context, versions):
    # GIVEN an A/B test of half the customers
    do(context, "release", "1")
    do(context, "canary", "2", share=0.5)
    # WHEN an alarm of the family is raised, and another one after it
    answers = [handler(raised(f"test-churn-{what}"), context) for what in ("failed-calls", "latency")]
    # THEN everybody sees the champion, by one write
    assert [(a["champion"], a["challenger"], a["share"]) for a in answers] == [("1", None, 0.0)] * 2
    assert answers[0]["revision"] == answers[1]["revision"] == 3
    assert do(context, "check", "2")["healthy"] is False


def test_an_alarm_of_no_family_fails_the_call(context, versions):
    # GIVEN an alarm whose name tells no family
    # WHEN it calls
    # THEN the call fails, so that somebody hears of it
    with pytest.raises(LookupError):
        handler(raised("test-api-5xx"), context)


def test_a_challenger_of_an_ab_test_is_promoted_like_any_version(context, versions):
    # GIVEN an A/B test whose challenger won
    do(context, "release", "1")
    do(context, "canary", "2", share=0.5)
    # WHEN it is released without a share
    answer = do(context, "release", "2")
    # THEN it is everybody's, and the champion before is the way back
    assert (answer["champion"], answer["challenger"], answer["share"], answer["previous"]) == ("2", None, 0.0, "1")


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_a_share_is_of_some_but_not_of_all(context, versions, share):
    # GIVEN a live version
    do(context, "release", "1")
    # WHEN another is tried on nobody, or on everybody
    # THEN it is refused and nothing changes
    with pytest.raises(ValidationError):
        do(context, "canary", "2", share=share)
    assert pointer().release.challenger is None


def test_a_canary_that_somebody_replaced_is_not_healthy(context, versions):
    # GIVEN a canary that was replaced by hand
    do(context, "release", "1")
    do(context, "canary", "3")
    # WHEN the other one's workflow checks
    answer = do(context, "check", "2")
    # THEN it must not promote
    assert answer["healthy"] is False


_ACTIONS = st.tuples(st.sampled_from(["release", "canary", "roll_back", "alarm"]), st.sampled_from(["1", "2", "3"]))


@given(st.lists(_ACTIONS, max_size=12))
def test_every_action_is_idempotent_and_never_leaves_a_share_without_challenger(actions):
    # GIVEN any sequence of actions
    release = Release(family="churn", since=NOW)
    for number, (action, version) in enumerate(actions):
        now = NOW + timedelta(minutes=number)

        def apply(r, action=action, version=version, now=now):
            if action == "canary":
                return logic.canary(r, version, 0.2, now)
            if action == "alarm":
                return logic.without_challenger(r, now)
            return (logic.released if action == "release" else logic.rolled_back)(r, version, now)

        # WHEN one is done, and done again a minute later
        before, release = release, apply(release)
        # THEN the second time changes nothing, revisions only grow, and the pointer makes sense
        assert apply(release) == release
        assert release.revision - before.revision in (0, 1)
        assert (release.challenger is None) == (release.share == 0)
