"""The campaign's definition itself: every path leads to an ending, and nothing fails in silence."""

import json
import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "stepfunctions" / "campaign.asl.json").read_text("utf-8")
README = (Path(__file__).parents[2] / "stepfunctions" / "README.md").read_text("utf-8")
DEFINITION = json.loads(TEXT)
STATES = DEFINITION["States"]
INNER = STATES["Deliver"]["ItemProcessor"]["States"]
WORKING = {n: s for n, s in {**STATES, **INNER}.items() if s["Type"] in ("Task", "Map")}
ENDINGS = ("Previewed", "NothingToSend", "Paused", "Cancelled", "Superseded", "Finished", "Failed")


def following(state):
    """Names of the states that may come after one."""
    names = [choice["Next"] for choice in state.get("Choices", [])] + [c["Next"] for c in state.get("Catch", [])]
    return {*names, *(state[key] for key in ("Next", "Default") if key in state)}


def reachable(start, states=STATES):
    found, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += following(states[name])
    return found


@pytest.mark.parametrize("machine", [DEFINITION, STATES["Deliver"]["ItemProcessor"]], ids=["campaign", "part"])
def test_every_state_can_be_reached(machine):
    # GIVEN the definition, and that of a part
    # WHEN its transitions are followed from the start
    found = reachable(machine["StartAt"], machine["States"])
    # THEN no state is left over
    assert found == set(machine["States"])


@pytest.mark.parametrize("name", WORKING)
def test_every_task_has_a_timeout_a_catch_and_a_jittered_retry(name):
    # GIVEN a state that does something
    state = WORKING[name]
    # WHEN its error handling is looked at
    retries = state["Retry"]
    # THEN it cannot hang, cannot fail in silence, and retries spread out
    # (a Map takes none of its own: its children's tasks and the execution have theirs)
    assert state["Type"] == "Map" or "TimeoutSeconds" in state or "TimeoutSecondsPath" in state
    assert "States.ALL" in state["Catch"][-1]["ErrorEquals"]
    assert retries and all(r["JitterStrategy"] == "FULL" and r["MaxAttempts"] <= 10 for r in retries)


@pytest.mark.parametrize("name", sorted(set(STATES) - {*ENDINGS, "Fail", "NotReported"}))
def test_every_failure_ends_in_a_report(name):
    # GIVEN a state before the endings
    # WHEN whatever may come after it is followed
    found = reachable(name)
    # THEN there is an ending on the way, and no way round the report to the bare failure
    direct = following(STATES[name])
    assert found & set(ENDINGS)
    assert not direct & {"Fail", "NotReported"}


@pytest.mark.parametrize("name", sorted({n for n in WORKING if n in STATES} - {*ENDINGS, "MarkFailed"}))
def test_every_failure_is_put_on_the_campaign_before_it_is_reported(name):
    # GIVEN a state that may fail
    # WHEN it does
    [catch] = STATES[name]["Catch"]
    # THEN the campaign learns of it, so that it can be resumed
    assert catch["Next"] == "MarkFailed"


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_puts_its_event_on_the_bus(name):
    # GIVEN an ending
    # WHEN its entry is looked at
    [entry] = STATES[name]["Parameters"]["Entries"]
    # THEN it is the one event that says which ending it was, and of which execution
    assert (entry["Source"], entry["DetailType"]) == ("shopkeeper", f"Campaign {name}")
    assert entry["EventBusName"] == "${EventBusName}"
    assert "execution.$" in entry["Detail"]


@pytest.mark.parametrize("name", [n for n, s in STATES.items() if s["Type"] == "Choice"])
def test_a_campaign_that_was_stopped_is_stopped_at_every_choice(name):
    # GIVEN a point where the execution may go one way or another
    choices = {choice["StringEquals"]: choice["Next"] for choice in STATES[name]["Choices"]}
    # WHEN the campaign was paused or cancelled by then
    # THEN it ends there, and what it does not know is no way to go on
    assert (choices["paused"], choices["cancelled"]) == ("Paused", "Cancelled")
    assert STATES[name]["Default"] in ("Superseded", "NotSent")


def test_a_part_never_fails_the_map():
    # GIVEN the states of a part
    # WHEN those in which it can end are looked at
    ends = [state["Type"] for state in INNER.values() if state.get("End")]
    # THEN none is a failure, and the map does without one that ends otherwise: else the other parts would be stopped
    assert ends == ["Pass"]
    assert STATES["Deliver"]["ToleratedFailurePercentage"] == 100
    assert "Fail" not in {state["Type"] for state in INNER.values()}


def test_no_job_that_ran_and_failed_is_run_again():
    # GIVEN the states that run SageMaker jobs
    jobs = {n: s for n, s in STATES.items() if s.get("Resource", "").startswith("arn:aws:states:::sagemaker")}
    # WHEN their retries are looked at
    retried = {e for s in jobs.values() for r in s["Retry"] for e in r["ErrorEquals"]}
    # THEN only what SageMaker's API refused for now is
    assert set(jobs) == {"Audience", "Allocate", "Measure"}
    assert all(error.startswith("SageMaker.") for error in retried)


def test_the_job_that_needs_nothing_but_its_inputs_is_isolated():
    # GIVEN the jobs
    jobs = {
        n: s["Parameters"]["NetworkConfig"] for n, s in STATES.items() if "NetworkConfig" in s.get("Parameters", {})
    }
    # WHEN their network is looked at
    isolated = [name for name, network in jobs.items() if network["EnableNetworkIsolation"]]
    # THEN only those that read the lake themselves have any
    assert isolated == ["Allocate"]


def test_it_outlasts_the_longest_attribution_window():
    # GIVEN the longest window that a campaign may have, and days to send in
    from commerce.campaigns.campaign import CampaignDefinition

    [most] = [m.le for m in CampaignDefinition.model_fields["attribution_days"].metadata if hasattr(m, "le")]
    # WHEN they are compared with the execution's time-out
    # THEN it has more
    assert DEFINITION["TimeoutSeconds"] > (most + 14) * 86400


def test_every_placeholder_is_described():
    # GIVEN the placeholders that the stacks fill
    # WHEN they are compared with the README's chapter
    names = set(re.findall(r"\$\{(\w+)\}", TEXT))
    chapter = README.split("\n## campaign.asl.json")[1].split("\n## ")[0]
    # THEN each stands there, and no other does
    assert names == set(re.findall(r"\$\{(\w+)\}", chapter))


def test_it_stays_within_the_quotas_of_step_functions():
    # GIVEN the definition, with every placeholder as long as an ARN gets
    # WHEN its size is taken
    size = len(re.sub(r"\$\{\w+\}", "x" * 200, TEXT).encode())
    # THEN it fits in a megabyte, and no name is longer than 80 characters
    assert size < 1_000_000
    assert all(len(name) <= 80 for name in STATES)
