"""The definition itself: every path leads to an ending, and nothing fails in silence."""

import json
import re
from pathlib import Path

import pytest

from commerce.families import discover

FOLDER = Path(__file__).parents[2] / "stepfunctions"
TEXT = (FOLDER / "monitor.asl.json").read_text("utf-8")
README = (FOLDER / "README.md").read_text("utf-8")
STATES = json.loads(TEXT)["States"]
TASKS = [name for name, state in STATES.items() if state["Type"] == "Task"]
ENDINGS = ("Reported", "Failed")


def test_every_state_can_be_reached():
    # GIVEN the definition
    found, todo = set(), [json.loads(TEXT)["StartAt"]]
    # WHEN its transitions are followed from the start
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            state = STATES[name]
            todo += [c["Next"] for c in state.get("Catch", [])] + ([state["Next"]] if "Next" in state else [])
    # THEN no state is left over
    assert found == set(STATES)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout_a_catch_and_a_jittered_retry(name):
    # GIVEN a state that does something
    state = STATES[name]
    # WHEN its error handling is looked at
    (caught,) = state["Catch"]
    # THEN it cannot hang, retries spread out, and what fails is reported, or fails the execution where that fails
    assert "TimeoutSeconds" in state or "TimeoutSecondsPath" in state
    assert caught["ErrorEquals"] == ["States.ALL"]
    assert caught["Next"] == ("NotReported" if name in ENDINGS else "Failed")
    assert all(r["JitterStrategy"] == "FULL" and r["MaxAttempts"] <= 10 for r in state["Retry"])


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_puts_its_event_on_the_bus(name):
    # GIVEN an ending
    # WHEN its entry is looked at
    [entry] = STATES[name]["Parameters"]["Entries"]
    # THEN it says which ending it was, and of which execution
    assert (entry["Source"], entry["DetailType"]) == ("shopkeeper", f"Monitor {name}")
    assert "execution.$" in entry["Detail"]


def test_no_family_is_named():
    # GIVEN the families
    # WHEN they are looked for in the definition
    # THEN none is there
    assert not [name for name in discover() if f'"{name}"' in TEXT]


def test_every_placeholder_is_described():
    # GIVEN the placeholders that the stacks fill
    names = set(re.findall(r"\$\{(\w+)\}", TEXT))
    # WHEN they are compared with the README's chapter
    chapter = README.split("\n## monitor.asl.json")[1].split("\n## ")[0]
    # THEN each stands there, and no other does
    assert names == set(re.findall(r"\$\{(\w+)\}", chapter))
