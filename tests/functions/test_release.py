"""Moving the release pointer: one conditional write, done once however often it is asked for."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.release import Release
from functions.common import releases
from functions.common.aws import client
from functions.common.registry import UnknownVersionError
from functions.register.handler import handler as register
from functions.release import logic
from functions.release.handler import ContendedError, change, handler
from functions.release.logic import Command
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
        change(Command(action="release", family="churn", version="1"), {})


def test_of_many_at_once_each_write_is_seen_by_the_next(context, versions):
    # GIVEN eight invocations at the same time
    do(context, "release", "1")
    commands = [Command(action="canary", family="churn", version="2", share=s / 10) for s in range(1, 9)]
    done, failed = [], []

    def run(command):
        try:
            done.append(change(command, {"2": URI.format(2)}).revision)
        except ContendedError:
            failed.append(command)

    threads = [threading.Thread(target=run, args=(command,)) for command in commands]
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


def test_a_canary_that_somebody_replaced_is_not_healthy(context, versions):
    # GIVEN a canary that was replaced by hand
    do(context, "release", "1")
    do(context, "canary", "3")
    # WHEN the other one's workflow checks
    answer = do(context, "check", "2")
    # THEN it must not promote
    assert answer["healthy"] is False


_ACTIONS = st.tuples(st.sampled_from(["release", "canary", "roll_back"]), st.sampled_from(["1", "2", "3"]))


@given(st.lists(_ACTIONS, max_size=12))
def test_every_action_is_idempotent_and_never_leaves_a_share_without_challenger(actions):
    # GIVEN any sequence of actions
    release = Release(family="churn", since=NOW)
    for number, (action, version) in enumerate(actions):
        now = NOW + timedelta(minutes=number)

        def apply(r, action=action, version=version, now=now):
            if action == "canary":
                return logic.canary(r, version, 0.2, now)
            return (logic.released if action == "release" else logic.rolled_back)(r, version, now)

        # WHEN one is done, and done again a minute later
        before, release = release, apply(release)
        # THEN the second time changes nothing, revisions only grow, and the pointer makes sense
        assert apply(release) == release
        assert release.revision - before.revision in (0, 1)
        assert (release.challenger is None) == (release.share == 0)
