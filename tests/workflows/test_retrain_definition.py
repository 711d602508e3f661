"""The definition itself: every path leads to an ending, and nothing fails in silence."""

import json
import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "stepfunctions" / "retrain.asl.json").read_text("utf-8")
README = (Path(__file__).parents[2] / "stepfunctions" / "README.md").read_text("utf-8")
DEFINITION = json.loads(TEXT)
STATES = DEFINITION["States"]
INNER = STATES["PublishScores"]["ItemProcessor"]["States"]
WORKING = {n: s for n, s in {**STATES, **INNER}.items() if s["Type"] in ("Task", "Map")}
ENDINGS = ("Released", "Rejected", "NotReady", "RolledBack", "Failed")


def following(state):
    """Names of the states that may come after one."""
    names = [choice["Next"] for choice in state.get("Choices", [])] + [c["Next"] for c in state.get("Catch", [])]
    return {*names, *(state[key] for key in ("Next", "Default") if key in state)}


def reachable(start):
    found, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += following(STATES[name])
    return found


def test_every_state_can_be_reached():
    # GIVEN the definition
    # WHEN its transitions are followed from the start
    found = reachable(DEFINITION["StartAt"])
    # THEN no state is left over
    assert found == set(STATES)


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


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_puts_its_event_on_the_bus(name):
    # GIVEN an ending
    # WHEN its entry is looked at
    [entry] = STATES[name]["Parameters"]["Entries"]
    # THEN it is the one event that says which ending it was, and of which execution
    assert (entry["Source"], entry["DetailType"]) == ("shopkeeper", f"Retrain {name}")
    assert entry["EventBusName"] == "${EventBusName}"
    assert "execution.$" in entry["Detail"]


def test_no_job_that_ran_and_failed_is_run_again_on_sagemaker():
    # GIVEN the states that run SageMaker jobs
    jobs = {n: s for n, s in STATES.items() if s.get("Resource", "").startswith("arn:aws:states:::sagemaker")}
    # WHEN their retries are looked at
    retried = {e for s in jobs.values() for r in s["Retry"] for e in r["ErrorEquals"]}
    # THEN only what SageMaker's API refused for now is
    assert len(jobs) == 4
    assert all(error.startswith("SageMaker.") for error in retried)


@pytest.mark.parametrize(
    ("accepted", "publishes", "after"), [(False, True, "Rejected"), (True, True, "Score"), (True, False, "Rehearse")]
)
def test_what_is_accepted_is_published_where_there_is_something_to_publish(accepted, publishes, after):
    # GIVEN a judged candidate of a run
    state = {"$.verdict.accepted": accepted, "$.run.publishes": publishes}
    # WHEN the choice is made
    choice = STATES["IsAccepted"]
    taken = [c["Next"] for c in choice["Choices"] if state[c["Variable"]] is c["BooleanEquals"]]
    # THEN nothing is scored in vain, and whatever is published is rehearsed afterwards
    assert (taken or [choice["Default"]])[0] == after
    assert following(STATES["PublishScores"]) == {"Rehearse", "Failed"}


def test_no_family_is_named():
    # GIVEN the definition
    # WHEN it is searched for the families there are
    from commerce.families import discover

    # THEN it is the same for all of them
    assert not [name for name in discover() if name in TEXT.lower()]


def test_every_placeholder_is_described():
    # GIVEN the placeholders that the stacks fill
    # WHEN they are compared with the README's chapter
    names = set(re.findall(r"\$\{(\w+)\}", TEXT))
    chapter = README.split("\n## retrain.asl.json")[1].split("\n## ")[0]
    # THEN each stands there, and no other does
    assert names == set(re.findall(r"\$\{(\w+)\}", chapter))


def test_it_stays_within_the_quotas_of_step_functions():
    # GIVEN the definition, with every placeholder as long as an ARN gets
    # WHEN its size is taken
    size = len(re.sub(r"\$\{\w+\}", "x" * 200, TEXT).encode())
    # THEN it fits in a megabyte, and no name is longer than 80 characters
    assert size < 1_000_000
    assert all(len(name) <= 80 for name in STATES)
