"""What a run is called, where its things are, and what it refuses to begin with."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.families import family
from commerce.release import Release
from functions.common import releases
from functions.common.plan import Run
from functions.common.releases import Pointer
from functions.plan.handler import handler
from functions.plan.logic import Places, PlanError, Request, plan

STARTED = datetime(2026, 1, 31, 3, tzinfo=UTC)
PLACES = Places(environment="dev", lake_bucket="lake", models_bucket="models", engine="duckdb")
CHURN = family("churn")
ROUTE = family("recommendations").route


def planned(places=PLACES, pointer=None, execution="e-1", parameters=None, spec=CHURN, **request):
    return plan(
        Request(family="churn", **request),
        spec,
        CHURN.parameters.model_validate(parameters or {}),
        places,
        pointer,
        resources=CHURN.resources,
        execution=execution,
        started_at=STARTED,
    )


def test_planning_the_same_execution_again_gives_the_same_run():
    # GIVEN an execution
    # WHEN it is planned twice, and another one once
    first, second, other = planned(), planned(), planned(execution="e-2")
    # THEN the same execution has the same run, and another its own
    assert first == second
    assert other.run_id != first.run_id


def test_a_run_learns_from_what_happened_before_the_day_it_starts_unless_told_otherwise():
    # GIVEN an execution that names no day, and one that does
    # WHEN they are planned
    days = [planned().as_of, planned(as_of="2025-06-01").as_of]
    # THEN the first takes the day it started, in UTC
    assert days == [date(2026, 1, 31), date(2025, 6, 1)]


def test_jobs_get_what_they_need_as_environment_and_hyperparameters():
    # GIVEN a shop's own horizon
    # WHEN a run is planned
    run = planned(parameters={"horizon_days": 30})
    # THEN processing and training jobs are told the same, by the names they read
    assert run.environment["SHOPKEEPER_PARAMETERS"] == '{"horizon_days":30}'
    assert run.environment["SHOPKEEPER_LAKE"] == "s3://lake/lake"
    assert run.hyperparameters == {"family": "churn", "as_of": "2026-01-31", "parameters": '{"horizon_days":30}'}


@given(name=st.from_regex(r"[a-z][a-z0-9]{1,7}", fullmatch=True), execution=st.text(min_size=1))
def test_job_names_fit_sagemaker_with_the_part_of_each_attempt(name, execution):
    # GIVEN any name that an environment may have
    # WHEN a run is planned
    jobs = planned(PLACES.model_copy(update={"environment": name}), execution=execution).jobs
    # THEN every job's name leaves room for the attempt
    assert all(len(job) + 9 <= 63 for job in jobs.model_dump().values())


def test_a_champion_is_evaluated_beside_the_candidate():
    # GIVEN a live version
    release = Release(family="churn", champion="7", since=STARTED)
    # WHEN a run is planned
    run = planned(pointer=Pointer(release, {"7": "s3://models/7.tar.gz"}))
    # THEN its artifact is an input of the evaluation
    inputs = {i["InputName"]: i["S3Input"]["S3Uri"] for i in run.evaluation["inputs"]}
    assert inputs == {"features": run.uris.features, "champion": "s3://models/7.tar.gz"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"as_of": "2026-02-01"}, "in the future"),
        ({"places": PLACES.model_copy(update={"environment": "an-environment-with-a-long-name"})}, "cannot name a job"),
        ({"pointer": Pointer(Release(family="churn", champion="7", since=STARTED))}, "without its artifact"),
    ],
)
def test_what_cannot_be_run_is_refused_with_what_to_change(changes, words):
    # GIVEN a request or a state that no run can be made of
    # WHEN it is planned
    # THEN the error says why
    with pytest.raises(PlanError, match=words):
        planned(**changes)


def test_the_handler_gives_a_plan_with_the_live_version(account, context):
    # GIVEN a live version and the shop's settings
    release = Release(family="churn", champion="7", since=STARTED)
    item = releases.to_item(Pointer(release, {"7": "s3://models/7.tar.gz"}))
    account.dynamodb.put_item(TableName="test-releases", Item=item)
    event = {"input": {"family": "churn"}, "execution_name": "e-1", "started_at": "2026-01-31T03:00:00.000Z"}
    # WHEN the step runs
    run = Run.model_validate(handler(event, context)["run"])
    # THEN the plan is complete
    assert (run.family, run.champion, run.mode) == ("churn", "7", "table")


@pytest.mark.parametrize(
    ("changes", "publishes"), [({}, True), ({"mode": "endpoint"}, False), ({"mode": "endpoint", "route": ROUTE}, True)]
)
def test_a_run_publishes_what_a_table_answers_or_an_endpoint_needs_to_know(changes, publishes):
    # GIVEN a family that answers from a table, from an endpoint by itself, or from an endpoint with profiles
    spec = CHURN.model_copy(update=changes)
    # WHEN a run of it is planned
    run = planned(spec=spec)
    # THEN it says whether a batch job has something to publish
    assert run.publishes is publishes


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({}, ValidationError),
        ({"family": "nope"}, LookupError),
        ({"family": "churn", "famly": 1}, ValidationError),
        ({"family": "churn", "parameters": {"horizon_days": "soon"}}, ValidationError),
        ({"family": "churn", "as_of": "soon"}, ValidationError),
    ],
)
def test_an_input_that_is_none_fails_the_step(account, context, request_, error):
    # GIVEN an input of the workflow with something wrong
    event = {"input": request_, "execution_name": "e-1", "started_at": "2026-01-31T03:00:00.000Z"}
    # WHEN the step runs
    # THEN it fails, and the execution with it
    with pytest.raises(error):
        handler(event, context)


def test_a_shops_own_machine_sizes_are_used(account, context, monkeypatch):
    # GIVEN a shop that trains on a larger machine
    monkeypatch.setenv("FAMILY_RESOURCES", '{"churn": {"training_instance": "ml.m5.4xlarge"}}')
    event = {"input": {"family": "churn"}, "execution_name": "e-1", "started_at": "2026-01-31T03:00:00.000Z"}
    # WHEN a run is planned
    run = handler(event, context)["run"]
    # THEN training is on it, and the rest as the spec says
    sizes = (run["training"]["instance_type"], run["processing"]["instance_type"])
    assert sizes == ("ml.m5.4xlarge", CHURN.resources.processing_instance)


def test_a_run_is_told_where_the_released_answers_of_its_upstream_are():
    # GIVEN a family that learns from demand's answers, and demand's release
    spec = family("stock")
    artifacts = {"7": "s3://models/runs/demand/20260125-abcdef/model/dev-demand/output/model.tar.gz"}
    demand = Pointer(Release(family="demand", champion="7", since=STARTED), artifacts)

    def upstream(**released):
        run = plan(Request(family="stock"), spec, spec.parameters(), PLACES, None, upstream=released,
                   resources=spec.resources, execution="e-1", started_at=STARTED)  # fmt: skip
        return run.environment["SHOPKEEPER_UPSTREAM"]

    # WHEN its run is planned after and before that release
    # THEN prepare is told the folder of the champion's run, or that there is none
    assert upstream(demand=demand) == '{"demand":"s3://models/runs/demand/20260125-abcdef/scores"}'
    assert upstream() == "{}"
    # AND a family without an upstream is told nothing of the kind
    assert "SHOPKEEPER_UPSTREAM" not in planned().environment
