"""The campaign workflow's own steps: what a run will do, what its jobs found, and how long its letters wait."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.campaigns.audience import Part
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.places import RunPlaces
from commerce.campaigns.plan import CampaignPlan
from commerce.families import family
from commerce.family import Family
from commerce.release import Release
from functions.campaign_check.handler import ForeignResultError
from functions.campaign_check.handler import handler as check
from functions.campaign_check.logic import in_words
from functions.campaign_plan import logic
from functions.campaign_plan.handler import handler as plan
from functions.campaign_plan.logic import CampaignPlanError
from functions.campaign_watch.handler import handler as watch
from functions.campaign_watch.handler import oldest
from functions.common import campaigns, releases
from functions.common.campaign_files import MalformedFileError, MissingFileError
from functions.common.campaign_run import CampaignRun, Request
from functions.common.campaigns import PartProgress, UnknownCampaignError
from functions.common.releases import Pointer
from tests.functions.campaign_fixtures import (
    NOW,
    TABLE,
    definition,
    facts,
    put,
    result,
    save_campaign,
    save_offer,
    save_template,
    stored,
)
from tests.functions.support import LAKE

STARTED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PLACES = logic.Places(environment="dev", lake_bucket="lake", models_bucket="models")
EXECUTION = "win-back-r0001-1"
SENDING = {"status": "sending", "run": 1, "execution": EXECUTION}


def planned(preview=False, versions=None, offers=None, scores=None, **changes) -> CampaignPlan:
    """What a run of the campaign will do."""
    campaign = Campaign(id="win-back", author="Robin", definition=definition(**changes), created_at=NOW, changed_at=NOW)
    return logic.plan(
        campaign,
        Request(campaign_id="win-back", run=1, preview=preview),
        started_at=STARTED,
        places=PLACES,
        versions={"win-back": 3} if versions is None else versions,
        offers=offers or {},
        scores=scores or {},
    )


def event(**changes) -> dict:
    """What the workflow asks the plan step."""
    given = {"campaign_id": "win-back", "run": 1, "preview": False} | changes
    return {"input": given, "execution_name": EXECUTION, "started_at": "2026-03-01T09:30:00.000Z"}


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


def run_of(shop, context, **changes) -> dict:
    """The run of a campaign that is being sent."""
    save_campaign(shop, **(SENDING | changes))
    return plan(event(), context)["run"]


def test_an_allocation_makes_the_parts_once(shop, context):
    # GIVEN an allocated run, one part of which was sent
    run = run_of(shop, context)
    places = RunPlaces("win-back", "r0001")
    put(shop, places.key("allocation", "allocated.json"), facts(arms={"letter": 3, "holdout": 1}).model_dump_json())
    parts = [{"number": n, "key": f"letters/win-back/r0001/parts/part-{n:05d}.jsonl", "rows": 2} for n in (1, 2)]
    put(shop, places.key("allocation", "manifest.json"), json.dumps(parts))
    assert check({"action": "allocation", "run": run}, context) == {"next": "deliver"}
    sent = PartProgress(number=1, rows=2, state="done", sent=2)
    campaigns.put_part(shop.dynamodb, TABLE, "win-back", "r0001", sent)
    # WHEN the step is repeated
    check({"action": "allocation", "run": run}, context)
    # THEN it stays sent
    rows = campaigns.parts(shop.dynamodb, TABLE, "win-back", "r0001")
    assert [(row.number, row.state) for row in rows] == [(1, "done"), (2, "waiting")]
    assert stored(shop).audience.arms == {"letter": 3, "holdout": 1}


def test_an_audience_that_the_job_did_not_write_fails_the_step(shop, context):
    # GIVEN a run without its audience
    run = run_of(shop, context)
    # WHEN it is checked
    # THEN the step says what is missing
    with pytest.raises(MissingFileError, match=r"audience\.json"):
        check({"action": "audience", "run": run}, context)


def test_a_file_that_is_not_as_it_should_be_is_reported_without_its_content(shop, context):
    # GIVEN an audience with a customer in the wrong place
    run = run_of(shop, context)
    put(shop, RunPlaces("win-back", "r0001").key("audience", "audience.json"), '{"known": "customer-77"}')
    # WHEN it is checked
    # THEN the error says where it is wrong and no more
    with pytest.raises(MalformedFileError, match="known: int_parsing") as caught:
        check({"action": "audience", "run": run}, context)
    assert "customer-77" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("wrong", [{"look": 2}, {"run": "r0002"}, {"campaign_id": "other"}])
def test_a_result_of_something_else_is_not_taken(shop, context, wrong):
    # GIVEN a look whose result is another's
    run = run_of(shop, context)
    place = RunPlaces("win-back", "r0001").key("look-01", "result.json")
    put(shop, place, result(**wrong).model_dump_json())
    # WHEN it is checked
    # THEN the step fails
    with pytest.raises(ForeignResultError):
        check({"action": "look", "run": run, "look": run["looks"][0]}, context)


def test_looks_are_had_one_after_the_other(shop, context):
    # GIVEN a run in which everything was sent
    run = run_of(shop, context)
    first = check({"action": "measuring", "run": run}, context)
    answers = []
    # WHEN each look is had
    for look in run["looks"]:
        place = RunPlaces("win-back", "r0001").key(f"look-{look['number']:02d}", "result.json")
        put(shop, place, result(look=look["number"]).model_dump_json())
        answers.append(check({"action": "look", "run": run, "look": look}, context))
    # THEN the next is waited for, and the last ends the campaign
    assert (first["next"], first["look"]["number"]) == ("look", 1)
    assert [(a["next"], a["look"]["number"]) for a in answers[:-1]] == [("look", 2), ("look", 3), ("look", 4)]
    assert answers[-1]["next"] == "finished"
    assert (stored(shop).status, stored(shop).looks_done) == ("finished", 4)
    assert stored(shop).ended_at is not None


def test_a_failure_is_not_put_on_a_campaign_that_another_execution_has(shop, context):
    # GIVEN a campaign that goes on under another execution
    save_campaign(shop, **SENDING)
    given_ = {"campaign_id": "win-back", "run": 1, "preview": False}
    failure = {"action": "failed", "input": given_, "error": {"Error": "X", "Cause": "it broke"}}
    # WHEN an older one fails, and then its own
    check(failure | {"execution_name": "older"}, context)
    before = stored(shop).status
    check(failure | {"execution_name": EXECUTION}, context)
    # THEN only its own counts
    assert (before, stored(shop).status, stored(shop).reason) == ("sending", "failed", "it broke")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"Error": "E", "Cause": '{"errorType": "E", "errorMessage": "say why", "stackTrace": []}'}, "say why"),
        ({"Error": "States.TaskFailed", "Cause": '{"FailureReason": "AlgorithmError: no"}'}, "AlgorithmError: no"),
        ({"Error": "States.TaskFailed", "Cause": "plain"}, "plain"),
        ({"Error": "States.Timeout"}, "States.Timeout"),
        ({"Error": "E", "Cause": "[1]"}, "[1]"),
        ({}, "unknown"),
        ({"Cause": "x" * 5000}, "x" * 1000),
    ],
)
def test_a_failure_is_told_in_words(error, words):
    # GIVEN what Step Functions says of a failure
    # WHEN it is told
    # THEN it is what a person can use
    assert in_words(error) == words


def test_an_unknown_action_is_refused(shop, context):
    # GIVEN an action that there is not
    run = run_of(shop, context)
    # WHEN it is asked for
    # THEN the step fails
    with pytest.raises(ValueError, match="no action"):
        check({"action": "nope", "run": run}, context)


@pytest.mark.parametrize("given_", [{}, {"campaign_id": "win-back", "run": -1}, {"campaign_id": "a", "run": 1, "x": 1}])
def test_an_input_that_is_none_fails_the_step(shop, context, given_):
    # GIVEN an input with something wrong
    # WHEN it is planned
    # THEN the step fails
    with pytest.raises(ValidationError):
        plan({"input": given_, "execution_name": "e", "started_at": "2026-03-01T09:30:00Z"}, context)


def part(number=1, **changes) -> PartProgress:
    """A part made ten minutes ago."""
    return PartProgress(number=number, rows=1, first_at=NOW - timedelta(minutes=10), **changes)


@pytest.mark.parametrize(
    ("parts", "seconds"),
    [
        ([], 0),
        ([part(state="done")], 0),
        ([part()], 600),
        ([part(state="running"), part(2, state="done")], 600),
        ([part(resume_at=NOW + timedelta(hours=8))], 0),
        ([part(resume_at=NOW - timedelta(minutes=1))], 60),
        ([part(resume_at=NOW - timedelta(minutes=1)), part(2, state="failed")], 600),
    ],
)
def test_a_part_waits_from_when_it_could_be_sent(parts, seconds):
    # GIVEN parts that were sent, wait for their time, or could be sent
    # WHEN the oldest wait is taken
    # THEN quiet hours do not count
    assert oldest(parts, NOW) == seconds


def test_only_campaigns_being_sent_are_watched(shop, context, capsys):
    # GIVEN a campaign being sent and one that is paused, each with a part that waits
    for name, status in (("sending", "sending"), ("paused", "paused")):
        save_campaign(shop, name, status=status, run=1)
        campaigns.create_parts(shop.dynamodb, TABLE, name, "r0001", [Part(number=1, key="k", rows=1)])
    # WHEN the watch looks, with and without the first
    seconds = watch({}, context)["seconds"]
    campaigns.change(shop.dynamodb, TABLE, "sending", lambda c: c.model_copy(update={"status": "measuring"}))
    # THEN the metric is its wait, and 0 where nothing waits
    assert 0 <= seconds < 60
    assert watch({}, context)["seconds"] == 0
    assert '"OldestUnsentPartSeconds":[0.0]' in capsys.readouterr().out


def test_a_part_keeps_when_it_was_first_there(shop):
    # GIVEN a part
    campaigns.create_parts(shop.dynamodb, TABLE, "win-back", "r0001", [Part(number=1, key="k", rows=5)])
    [made] = campaigns.parts(shop.dynamodb, TABLE, "win-back", "r0001")
    # WHEN how far it is is written
    campaigns.put_part(shop.dynamodb, TABLE, "win-back", "r0001", PartProgress(number=1, rows=5, sent=3, in_doubt=2))
    # THEN only that has changed
    [now] = campaigns.parts(shop.dynamodb, TABLE, "win-back", "r0001")
    assert (now.first_at, now.sent, now.rows) == (made.first_at, 3, 5)
    assert now.changed_at > made.changed_at


def test_parts_are_counted_together():
    # GIVEN parts of a run
    rows = [
        PartProgress(number=1, rows=5, state="done", sent=3, skipped={"no_consent": 2}),
        PartProgress(number=2, rows=5, sent=1, failed=1, deferred=1, in_doubt=1, skipped={"no_consent": 1}),
    ]
    # WHEN they are counted
    total = campaigns.delivery(rows)
    # THEN every letter is in one count
    assert (total.parts, total.parts_done, total.sent, total.failed) == (2, 1, 4, 1)
    assert (total.deferred, total.in_doubt, total.skipped) == (1, 1, {"no_consent": 3})


def test_a_campaign_that_others_keep_changing_is_given_up(shop, monkeypatch):
    # GIVEN somebody who writes between every read and write
    save_campaign(shop)
    monkeypatch.setattr(campaigns, "pause", lambda attempt: None)

    def contended(campaign):
        campaigns.put(shop.dynamodb, TABLE, campaign.model_copy(update={"reason": "theirs"}))
        return campaign.model_copy(update={"reason": "mine"})

    # WHEN it is changed
    # THEN the change fails, and theirs stands
    with pytest.raises(campaigns.ConflictError):
        campaigns.change(shop.dynamodb, TABLE, "win-back", contended)
    assert stored(shop).reason == "theirs"
