"""The definition itself: every path leads to an ending, and nothing fails in silence or tells whom it is about."""

import json
import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "stepfunctions" / "privacy.asl.json").read_text("utf-8")
README = (Path(__file__).parents[2] / "stepfunctions" / "README.md").read_text("utf-8")
DEFINITION = json.loads(TEXT)
STATES = DEFINITION["States"]
ENDINGS = ("Erased", "Exported", "Failed")
TASKS = [name for name, state in STATES.items() if state["Type"] == "Task"]


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
    # THEN no state is left over
    assert reachable(DEFINITION["StartAt"]) == set(STATES)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout_a_catch_and_a_jittered_retry(name):
    # GIVEN a state that does something
    state = STATES[name]
    # WHEN its error handling is looked at
    # THEN it cannot hang, cannot fail in silence, and retries spread out
    assert "TimeoutSeconds" in state
    assert "States.ALL" in state["Catch"][-1]["ErrorEquals"]
    assert all(r["JitterStrategy"] == "FULL" and r["MaxAttempts"] <= 10 for r in state["Retry"])


@pytest.mark.parametrize("name", sorted(set(STATES) - {*ENDINGS, "Fail", "NotReported"}))
def test_every_failure_ends_in_a_report(name):
    # GIVEN a state before the endings
    # WHEN whatever may come after it is followed
    # THEN there is an ending on the way, and no way round the report to the bare failure
    assert reachable(name) & set(ENDINGS)
    assert not following(STATES[name]) & {"Fail", "NotReported"}


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_puts_its_event_on_the_bus(name):
    # GIVEN an ending
    # WHEN its entry is looked at
    [entry] = STATES[name]["Parameters"]["Entries"]
    # THEN it says which ending it was, and of which request
    assert (entry["Source"], entry["DetailType"]) == ("shopkeeper", f"Privacy {name}")
    assert {"execution.$", "request_id.$"} <= set(entry["Detail"])


def test_the_tables_are_erased_before_and_after_the_lake():
    # GIVEN the way of an erasure
    way, name = [], "HoldBack"
    while name not in ENDINGS:
        way.append(name)
        name = STATES[name]["Next"]
    # WHEN it is followed
    # THEN letters are held back first, and writers get time to end on both sides of the lake's erasure
    expected = ["HoldBack", "LetWritersEnd", "EraseLake", "LetPublishersEnd", "EraseTables", "RecordErasure"]
    assert way == expected


def test_every_placeholder_is_described():
    # GIVEN the placeholders that the stacks fill
    names = set(re.findall(r"\$\{(\w+)\}", TEXT))
    # WHEN they are compared with the README's chapter
    chapter = README.split("\n## privacy.asl.json")[1].split("\n## ")[0]
    # THEN each stands there, and no other does
    assert names == set(re.findall(r"\$\{(\w+)\}", chapter))


def test_names_of_jobs_fit():
    # GIVEN the longest name of an environment, eight characters
    names = re.findall(r"States\.Format\('([^']*)'", TEXT)
    # WHEN jobs are named
    jobs = [name.replace("${Environment}", "x" * 8).replace("{}", "0" * 8) for name in names if "privacy" in name]
    # THEN SageMaker takes them
    assert len(jobs) == 2
    assert all(re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", job) for job in jobs)
