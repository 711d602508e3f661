"""The step that plans a run of a campaign: what it will do is fixed there."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.campaigns.plan import CampaignPlan
from commerce.families import family
from commerce.family import Family
from commerce.release import Release
from functions.campaign_plan import logic
from functions.campaign_plan.handler import handler as plan
from functions.campaign_plan.logic import CampaignPlanError
from functions.common import campaigns, releases
from functions.common.campaign_run import CampaignRun
from functions.common.campaigns import PartProgress, UnknownCampaignError
from functions.common.releases import Pointer
from tests.functions.campaign_fixtures import (
    NOW,
    TABLE,
    definition,
    facts,
    save_campaign,
    save_offer,
    save_template,
    stored,
)
from tests.functions.campaign_planning import PLACES, SENDING, STARTED, event, planned
from tests.functions.support import LAKE


@pytest.fixture
def shop(account):
    """An account with the campaign's template."""
    save_template(account)
    return account


def test_a_live_campaign_counts_from_its_start_and_knows_what_was_before_that_day():
    # GIVEN a campaign of 14 days with four looks
    # WHEN it is planned
    made = planned()
    # THEN the window begins with the execution, and the looks are even
    assert (made.as_of, made.window_starts) == (date(2026, 3, 1), STARTED)
    assert made.window_ends == STARTED + timedelta(days=14)
    assert made.looks == [STARTED + timedelta(days=3.5 * look) for look in (1, 2, 3, 4)]


def test_a_replay_counts_from_its_own_day():
    # GIVEN a replay
    # WHEN it is planned
    made = planned(as_of="2026-01-10", attribution_days=10, looks=1)
    # THEN its window is that of then
    assert made.window_starts == datetime(2026, 1, 10, tzinfo=UTC)
    assert made.looks == [made.window_ends] == [datetime(2026, 1, 20, tzinfo=UTC)]


@given(days=st.integers(1, 90), looks=st.integers(1, 8))
def test_looks_are_even_and_end_with_the_window(days, looks):
    # GIVEN any window and number of looks
    # WHEN the run is planned
    made = planned(attribution_days=days, looks=looks)
    # THEN they rise, and the last is the window's end
    assert len(made.looks) == looks and made.looks == sorted(set(made.looks))
    assert made.looks[-1] == made.window_ends


def test_versions_of_templates_are_fixed_from_the_start():
    # GIVEN an arm that names a version and one that does not
    arms = [
        {"name": "newest", "template_id": "win-back"},
        {"name": "older", "template_id": "win-back", "template_version": 1},
    ]
    # WHEN the run is planned
    made = planned(arms=arms)
    # THEN both have one
    assert [arm.template_version for arm in made.definition.arms] == [3, 1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"versions": {}}, "no template 'win-back'"),
        ({"arms": [{"name": "a", "template_id": "win-back", "offer_id": "gone"}]}, "no offer 'gone'"),
        ({"as_of": "2026-03-02"}, "in the future"),
    ],
)
def test_what_cannot_be_run_is_refused_with_what_to_change(changes, words):
    # GIVEN a campaign that lacks something
    # WHEN it is planned
    # THEN the error says what
    with pytest.raises(CampaignPlanError, match=words):
        planned(**changes)


def test_runs_are_allocated_differently_and_each_the_same_again():
    # GIVEN a run, the same run, and a preview
    # WHEN they are planned
    first, again, preview = planned(), planned(), planned(preview=True)
    # THEN the same has the same seed, and another its own
    assert first == again
    assert preview.seed != first.seed
    assert (first.places, preview.places) == (
        "s3://lake/campaigns/win-back/r0001",
        "s3://lake/campaigns/win-back/preview",
    )


@given(environment=st.from_regex(r"[a-z][a-z0-9]{1,7}", fullmatch=True))
def test_job_names_fit_sagemaker_with_the_part_of_each_attempt(environment):
    # GIVEN any name that an environment may have
    places = PLACES.model_copy(update={"environment": environment})
    # WHEN a run is planned
    made = logic.run(planned(), preview=False, execution="e", places=places, delay_seconds=0)
    # THEN every job's name leaves room for the attempt
    assert all(len(job) + 9 <= 63 for job in made.jobs.model_dump().values())


def test_the_live_versions_scores_are_found_beside_its_artifact():
    # GIVEN a family that is scored in batch, with a live version
    release = Release(family="churn", champion="7", since=NOW)
    pointers = {"churn": Pointer(release, {"7": "s3://models/runs/churn/20260101-abc123/model/j/output/model.tar.gz"})}
    # WHEN its scores are looked for
    found = logic.live_scores([family("churn")], pointers, "models")
    # THEN they are those of its run
    assert found == {"churn": "s3://models/runs/churn/20260101-abc123/scores"}


def test_families_without_score_files_have_none():
    # GIVEN a family behind an endpoint, one that was never released, and one whose champion has no artifact
    spec = family("churn")
    release = Release(family="churn", champion="7", since=NOW)
    pointer = Pointer(release, {"7": "s3://models/runs/churn/20260101-abc123/model.tar.gz"})
    behind: Family = spec.model_copy(update={"mode": "endpoint"})
    # WHEN their scores are looked for
    found = [
        logic.live_scores([behind], {"churn": pointer}, "models"),
        logic.live_scores([spec], {}, "models"),
        logic.live_scores([spec], {"churn": Pointer(release, {})}, "models"),
    ]
    # THEN there are none
    assert found == [{}, {}, {}]


def test_the_plan_step_gives_the_workflow_what_it_needs(shop, context):
    # GIVEN a campaign that is being sent, with an offer and a live version
    save_offer(shop)
    save_campaign(shop, arms=[{"name": "a", "template_id": "win-back", "offer_id": "ten-off"}], **SENDING)
    release = Release(family="churn", champion="7", since=NOW)
    pointer = Pointer(release, {"7": "s3://test-models/runs/churn/20260101-abc123/model/model.tar.gz"})
    shop.dynamodb.put_item(TableName="test-releases", Item=releases.to_item(pointer))
    # WHEN the step runs
    answer = plan(event(), context)
    # THEN the plan is kept, complete, and the workflow is told where it is
    run = CampaignRun.model_validate(answer["run"])
    key = run.places.key("plan", "plan.json")
    kept = CampaignPlan.model_validate_json(shop.s3.get_object(Bucket=LAKE, Key=key)["Body"].read())
    assert answer["begin"] == "audience"
    assert run.plan_uri == f"s3://{LAKE}/{key.removesuffix('/plan.json')}"
    assert kept.definition.arms[0].template_version == 1
    assert set(kept.offers) == {"ten-off"}
    assert kept.scores == {"churn": "s3://test-models/runs/churn/20260101-abc123/scores"}
    assert [look.at for look in run.looks][-1] == "2026-03-15T09:30:00Z"


def test_a_run_that_was_planned_keeps_its_plan(shop, context):
    # GIVEN a planned run
    save_campaign(shop, **SENDING)
    first = plan(event(), context)
    # WHEN a template is saved, and the step runs again, later
    save_template(shop)
    again = plan(event() | {"started_at": "2026-03-09T00:00:00.000Z"}, context)
    # THEN nothing has changed
    assert again == first


def test_a_preview_is_planned_anew_each_time(shop, context):
    # GIVEN a preview
    save_campaign(shop)
    plan(event(run=0, preview=True), context)
    # WHEN the draft is changed and previewed again
    changed = definition(audience="true")
    campaigns.change(shop.dynamodb, TABLE, "win-back", lambda c: c.model_copy(update={"definition": changed}))
    run = CampaignRun.model_validate(plan(event(run=0, preview=True), context)["run"])
    # THEN the plan is of the change
    kept = shop.s3.get_object(Bucket=LAKE, Key=run.places.key("plan", "plan.json"))["Body"].read()
    assert CampaignPlan.model_validate_json(kept).definition.audience == "true"
    assert (run.run, run.preview, stored(shop).status) == ("preview", True, "draft")


@pytest.mark.parametrize(
    ("changes", "begin"),
    [
        (SENDING, "audience"),
        (SENDING | {"audience": facts()}, "deliver"),
        (SENDING | {"status": "paused"}, "paused"),
        (SENDING | {"status": "cancelled"}, "cancelled"),
        (SENDING | {"status": "measuring"}, "measure"),
        (SENDING | {"status": "finished"}, "superseded"),
        (SENDING | {"execution": "another"}, "superseded"),
        (SENDING | {"run": 2}, "superseded"),
        ({"status": "draft"}, "superseded"),
        ({"status": "scheduled"}, "audience"),
        ({"status": "scheduled", "run": 1}, "superseded"),
    ],
)
def test_an_execution_begins_where_the_run_was_left_and_only_if_it_is_its_own(shop, context, changes, begin):
    # GIVEN a campaign in some state
    save_campaign(shop, **changes)
    # WHEN an execution of its first run begins
    answer = plan(event(), context)
    # THEN it begins there
    assert answer["begin"] == begin
    assert (answer["run"] is None) == (begin in ("paused", "cancelled", "superseded"))


@pytest.mark.parametrize(("states", "begin"), [(("done", "waiting"), "deliver"), (("done", "done"), "measure")])
def test_a_run_that_was_sent_to_the_end_goes_on_with_measuring(shop, context, states, begin):
    # GIVEN a run with its parts
    save_campaign(shop, audience=facts(), **SENDING)
    for number, state in enumerate(states, start=1):
        campaigns.put_part(shop.dynamodb, TABLE, "win-back", "r0001", PartProgress(number=number, rows=1, state=state))
    # WHEN it is resumed
    # THEN only what is left is done
    assert plan(event(), context)["begin"] == begin


@pytest.mark.parametrize("given_", [{"campaign_id": "nope"}, {"campaign_id": "nope", "preview": True}])
def test_a_campaign_that_is_not_there_cannot_be_planned(shop, context, given_):
    # GIVEN no campaign
    # WHEN the step runs
    # THEN it fails
    with pytest.raises(UnknownCampaignError):
        plan(event(**given_), context)
