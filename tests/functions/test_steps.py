"""The steps between plan and release: each safe to repeat, each refusing what is not the run's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.questions import SHOP
from functions.check_readiness.handler import ForeignReadinessError
from functions.check_readiness.handler import handler as check_readiness
from functions.common import score_rows
from functions.common.objects import MissingObjectError
from functions.judge.handler import ForeignEvaluationError
from functions.judge.handler import handler as judge
from functions.publish_scores.handler import handler as publish
from functions.publish_scores.logic import InvalidScoresError
from functions.register.handler import handler as register
from functions.rehearse.handler import handler as rehearse
from functions.rehearse.logic import RehearsalError
from tests.functions import runs

RUN = runs.planned()
EVENT = {"run": RUN.model_dump(mode="json")}
ACCEPTED, REJECTED = {"accepted": True, "reasons": ["good"]}, {"accepted": False, "reasons": ["auc too low"]}
URI = "s3://test-models/runs/churn/x/model.tar.gz"


def test_a_ready_shop_goes_on_and_an_unready_one_gets_its_reasons(account, context):
    # GIVEN two audits
    answers = []
    for ready in (True, False):
        runs.write_readiness(account, RUN.keys.readiness, ready=ready)
        # WHEN the step reads each
        answers.append(check_readiness(EVENT, context))
    # THEN the reason names table and advice
    assert answers[0] == {"ready": True, "reasons": []}
    assert answers[1] == {"ready": False, "reasons": ["orders: too few rows (load more history)"]}


def test_reasons_stay_within_what_an_execution_can_hold(account, context):
    # GIVEN an audit with thousands of findings
    runs.write_readiness(account, RUN.keys.readiness, ready=False, errors=5000)
    # WHEN the step reads it
    answer = check_readiness(EVENT, context)
    # THEN a part is told, and where the rest is
    assert len(json.dumps(answer)) < 5000
    assert answer["reasons"][-1] == f"and 4980 more in {RUN.uris.readiness}"


@pytest.mark.parametrize("step", [check_readiness, judge, rehearse])
def test_what_a_job_did_not_write_is_named(account, context, step):
    # GIVEN a run whose job wrote nothing
    # WHEN the next step looks for it
    # THEN the error names the object
    with pytest.raises(MissingObjectError, match=RUN.run_id):
        step(EVENT | {"version": "1", "model_uri": URI}, context)


def test_an_audit_or_evaluation_of_another_day_is_refused(account, context):
    # GIVEN files of another as-of date where the run's should be
    other = runs.AS_OF.replace(year=2020)
    runs.write_readiness(account, RUN.keys.readiness, as_of=other)
    runs.write_evaluation(account, RUN.keys.evaluation, runs.GOOD, as_of=other)
    # WHEN the steps read them
    # THEN they fail rather than judge one run by another
    with pytest.raises(ForeignReadinessError):
        check_readiness(EVENT, context)
    with pytest.raises(ForeignEvaluationError):
        judge(EVENT, context)


@pytest.mark.parametrize(
    ("candidate", "others", "accepted"),
    [
        (runs.GOOD, {}, True),
        (runs.POOR, {}, False),
        (runs.GOOD, {"champion": {"auc": 0.9, "brier": 0.1}}, False),
        (runs.GOOD, {"champion": {"auc": 0.8, "brier": 0.15}}, True),
    ],
)
def test_a_candidate_is_held_against_floor_and_champion(account, context, candidate, others, accepted):
    # GIVEN an evaluation
    runs.write_evaluation(account, RUN.keys.evaluation, candidate, **others)
    # WHEN it is judged
    verdict = judge(EVENT, context)
    # THEN the gates of the spec decide, with reasons
    assert verdict["accepted"] is accepted
    assert verdict["reasons"]


def test_registering_again_gives_the_same_version(account, context):
    # GIVEN a run that registered its model, and one of another execution
    event = EVENT | {"model_uri": URI, "verdict": ACCEPTED}
    other = runs.planned(run_id="20260101-ffffff").model_dump(mode="json")
    # WHEN the step is repeated, with other versions in between
    first = register(event, context)
    between = register(event | {"run": other}, context)
    again = register(event, context)
    # THEN it finds its own
    assert (first["version"], between["version"]) == ("1", "2")
    assert again == first


@pytest.mark.parametrize(("verdict", "status"), [(ACCEPTED, "Approved"), (REJECTED, "Rejected")])
def test_a_model_is_registered_with_its_verdict_and_where_it_came_from(account, context, verdict, status):
    # GIVEN a judged candidate
    # WHEN it is registered
    arn = register(EVENT | {"model_uri": URI, "verdict": verdict}, context)["arn"]
    # THEN the registry knows verdict, artifact and run
    package = account.sagemaker.describe_model_package(ModelPackageName=arn)
    assert package["ModelApprovalStatus"] == status
    assert package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == URI
    assert package["CustomerMetadataProperties"]["run_id"] == RUN.run_id


def publish_all(account, context, parts, version="3"):
    manifest = runs.write_scores(account, RUN.keys.manifest, parts)
    return [publish(EVENT | {"part": part, "version": version}, context)["rows"] for part in manifest]


def test_published_scores_are_the_files_lines_under_the_version(account, context):
    # GIVEN two files of scores, more lines than one write takes
    parts = [[runs.score_line(f"c-{i}", i / 100) for i in range(60)], [runs.score_line("c-99", 0.99)]]
    # WHEN they are published, one of them twice as after a retry
    rows = publish_all(account, context, parts)
    publish(EVENT | {"part": {"key": "part-00000.jsonl", "rows": 60}, "version": "3"}, context)
    # THEN the table has every customer once, with the version in key and answer
    items = account.items("scores")
    assert rows == [60, 1]
    assert len(items) == 61
    assert {(item["sk"]["S"], score_rows.answer(item)["version"]) for item in items} == {("3", "3")}
    assert all(int(item["ttl"]["N"]) > 0 for item in items)


@pytest.mark.parametrize(
    ("lines", "rows", "words"),
    [
        ([runs.score_line("c-1"), "{"], 2, "line 2"),
        ([runs.score_line("c-1", 1.5)], 1, "probability"),
        ([runs.score_line("c-1"), runs.score_line("c-1")], 2, "twice"),
        ([runs.score_line("c-1")], 2, "manifest says 2"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_publishes_nothing(account, context, lines, rows, words):
    # GIVEN a file with something wrong
    runs.write_scores(account, RUN.keys.manifest, [lines])
    # WHEN it is published
    # THEN the error says what, and the table is as before
    with pytest.raises(InvalidScoresError, match=words):
        publish(EVENT | {"part": {"key": "part-00000.jsonl", "rows": rows}, "version": "3"}, context)
    assert account.items("scores") == []


PROFILED = runs.answering()


def publish_profiles(account, context, lines, version="3"):
    [part] = runs.write_scores(account, PROFILED.keys.manifest, [lines])
    return publish({"run": PROFILED.model_dump(mode="json"), "part": part, "version": version}, context)["rows"]


def test_profiles_are_stored_as_the_job_wrote_them(account, context):
    # GIVEN profiles of a customer and of the whole shop, one of them with more than the spec says
    line = json.loads(runs.profile_line("c-1"))
    line["answer"]["note"] = "later code may read it"
    # WHEN they are published
    rows = publish_profiles(account, context, [json.dumps(line), runs.profile_line(SHOP)])
    # THEN they are there under the version, unchanged and unmarked
    found = {item["pk"]["S"]: score_rows.answer(item) for item in account.items("scores")}
    assert rows == 2
    assert found["recommendations#c-1"] == line["answer"]
    assert found[f"recommendations#{SHOP}"] == json.loads(runs.profile_line(SHOP))["answer"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2"),
        (runs.profile_line("c-2").replace("0.25", "NaN"), "line 2"),
        (runs.profile_line("c-2").replace('"as_of"', '"day"'), "line 2: as_of"),
        (runs.profile_line("c-2", bought="ü" * 205_000), "line 2: .* bytes; an item of DynamoDB holds 409,600"),
    ],
)
def test_a_profile_that_is_not_what_it_should_be_publishes_nothing(account, context, line, words):
    # GIVEN a file of which one line is no profile, or one too large for the table
    # WHEN it is published
    # THEN the error names the line, and the table is as before
    with pytest.raises(InvalidScoresError, match=words):
        publish_profiles(account, context, [runs.profile_line("c-1"), line])
    assert account.items("scores") == []


@given(
    st.text(max_size=50), st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=5), st.integers(0, 3)
)
def test_a_row_is_refused_exactly_where_it_is_larger_than_an_item_may_be(entity, answer, excess):
    # GIVEN an answer that takes all the bytes of an item but for `excess - 1` too few or too many
    answer = {str(number): text for number, text in enumerate(answer.values())} | {"filling": ""}
    row = score_rows.row("churn", entity, "3", answer, 2**31)
    used = sum(len(name) + len(next(iter(value.values())).encode()) for name, value in row.items())
    answer["filling"] = "x" * (score_rows.MOST_BYTES - used + excess - 1)
    # WHEN it is made a row
    # THEN it is one byte that decides
    if excess > 1:
        with pytest.raises(score_rows.TooLargeError):
            score_rows.row("churn", entity, "3", answer, 2**31)
    else:
        assert score_rows.row("churn", entity, "3", answer, 2**31)["sk"] == {"S": "3"}


def test_a_rehearsal_finds_what_was_published(account, context):
    # GIVEN published scores
    publish_all(account, context, [[runs.score_line(f"{p}-{i}") for i in range(150)] for p in "ab"])
    # WHEN the version is rehearsed
    checked = rehearse(EVENT | {"version": "3", "model_uri": URI}, context)["checked"]
    # THEN a sample of the first and the last file was compared
    assert 100 < checked <= 200


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_rehearsal_fails_where_the_table_differs_from_the_files(account, context, damage):
    # GIVEN published scores, one of them lost or changed
    publish_all(account, context, [[runs.score_line("c-1"), runs.score_line("c-2", 0.1)]])
    key = score_rows.key("churn", "c-2", "3")
    if damage == "missing":
        account.dynamodb.delete_item(TableName="test-scores", Key=key)
    else:
        answer = json.loads(runs.score_line("c-2", 0.2))["answer"] | {"version": "3"}
        account.dynamodb.put_item(TableName="test-scores", Item=score_rows.row("churn", "c-2", "3", answer, 2**31))
    # WHEN the version is rehearsed
    # THEN it fails, without naming the customer
    with pytest.raises(RehearsalError) as failed:
        rehearse(EVENT | {"version": "3", "model_uri": URI}, context)
    assert "c-2" not in str(failed.value)


def test_nobody_scored_is_no_version_to_release(account, context):
    # GIVEN a batch job that scored nobody
    runs.write_scores(account, RUN.keys.manifest, [])
    # WHEN it is rehearsed
    # THEN it fails
    with pytest.raises(RehearsalError, match="nobody"):
        rehearse(EVENT | {"version": "3", "model_uri": URI}, context)


@pytest.fixture
def recommender(monkeypatch):
    """An endpoint of recommendations that answers every question with the items in `items`; it counts what it gets."""
    state = {"items": [], "calls": []}

    def invoke(_family, version, _uri, instances, *, seconds):
        state["calls"].append(len(instances))
        answer = {"family": "recommendations", "version": version, "source": "cold_start", "items": state["items"]}
        return [answer] * len(instances)

    monkeypatch.setattr("functions.common.endpoints.invoke", invoke)
    return state


def rehearse_profiled(account, context, questions):
    instance = {"question": {"question": "trending"}, "as_of": "2026-01-01", "profile": None, "actions": [], "seed": 7}
    answer = {"family": "recommendations", "version": None, "source": "model", "items": [{"product_id": "p-1"}]}
    golden = [{"instance": instance, "answer": answer}] * questions
    runs.put(account, PROFILED.keys.golden, json.dumps(golden))
    event = {"run": PROFILED.model_dump(mode="json"), "version": "3", "model_uri": URI}
    return rehearse(event, context)["checked"]


def test_questions_are_rehearsed_with_the_profiles_in_calls_that_an_endpoint_takes(account, context, recommender):
    # GIVEN two published profiles, and more golden questions than one call of an endpoint takes
    publish_profiles(account, context, [runs.profile_line("c-1"), runs.profile_line(SHOP)])
    recommender["items"] = [{"product_id": "p-1"}]
    # WHEN the version is rehearsed
    checked = rehearse_profiled(account, context, 250)
    # THEN rows and answers were compared, whether the model calls an answer a cold start or not
    assert (checked, recommender["calls"]) == (252, [100, 100, 50])


def test_another_answer_to_a_golden_question_stops_the_version(account, context, recommender):
    # GIVEN an endpoint that recommends something else than the evaluation recorded
    publish_profiles(account, context, [runs.profile_line("c-1")])
    recommender["items"] = [{"product_id": "p-2"}]
    # WHEN the version is rehearsed
    # THEN it fails, saying where
    with pytest.raises(RehearsalError, match=r"golden request 0 differs: items\[0\].product_id"):
        rehearse_profiled(account, context, 1)


def test_an_endpoint_without_its_profiles_is_not_rehearsed(account, context, recommender):
    # GIVEN an endpoint that answers well, and a profile that never reached the table
    runs.write_scores(account, PROFILED.keys.manifest, [[runs.profile_line("c-1")]])
    recommender["items"] = [{"product_id": "p-1"}]
    # WHEN the version is rehearsed
    # THEN it fails before any question
    with pytest.raises(RehearsalError, match="no row of version 3"):
        rehearse_profiled(account, context, 1)
    assert recommender["calls"] == []


@pytest.fixture
def endpoint(monkeypatch):
    """An endpoint that answers every request with `probability`, after `failures` time-outs."""
    from botocore.exceptions import ReadTimeoutError

    state = {"probability": 0.5, "failures": 0}

    def invoke(_family, version, _uri, instances, *, seconds):
        if state["failures"]:
            state["failures"] -= 1
            raise ReadTimeoutError(endpoint_url="https://runtime")
        answer = {"family": "churn", "version": version, "source": "model", "probability": state["probability"]}
        return [answer] * len(instances)

    monkeypatch.setattr("functions.common.endpoints.invoke", invoke)
    monkeypatch.setattr("functions.rehearse.handler.pause", lambda *a, **k: None)
    return state


@pytest.mark.parametrize(
    ("probability", "failures", "passes"),
    [(0.5, 0, True), (0.5 + 1e-8, 0, True), (0.51, 0, False), (0.5, 2, True), (0.5, 3, False)],
)
def test_an_endpoint_must_answer_golden_requests_as_evaluated(
    account, context, endpoint, probability, failures, passes
):
    # GIVEN golden requests, and an endpoint that is cold, off by rounding, or wrong
    golden = [{"instance": {"entity_id": "c-1"}, "answer": {"family": "churn", "probability": 0.5}}]
    run = runs.planned(mode="endpoint", publishes=False)
    runs.put(account, run.keys.golden, json.dumps(golden))
    endpoint.update(probability=probability, failures=failures)
    event = {"run": run.model_dump(mode="json"), "version": "3", "model_uri": URI}
    # WHEN the version is rehearsed
    try:
        outcome = rehearse(event, context) == {"checked": 1}
    except RehearsalError:
        outcome = False
    # THEN only the right answer passes
    assert outcome is passes
