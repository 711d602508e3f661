"""`shopkeeper rules` against a server that answers as the API does."""

import json
from pathlib import Path

import pytest

from cli import definitions
from commerce.families import family
from commerce.rules.book import LiveRules, Rule, RuleBook, RulesAnswer, Trial
from commerce.rules.effects import Simulation
from commerce.rules.ruling import problems
from commerce.rules.vocabulary import vocabulary
from tests.cli.assessment_fixtures import DECIDED, simulation

EXAMPLE = Path("cli/examples/fraud-rules.toml")
RULE = Rule(id="big", when="event.amount > 9.0", outcome="block", reason="big [amount]", enabled=False)


def book(version=2, **changes):
    return RuleBook(
        family="fraud", version=version, author="Ada", comment="c", created_at=DECIDED, rules=[RULE], **changes
    )


def test_the_rules_that_hold_and_those_saved_after_them_are_shown(api, run):
    # GIVEN a live version and one saved after it
    trial = Trial(at=DECIDED, run="r", events=10000)
    api.says(
        "GET /v1/rules/fraud",
        RulesAnswer(family="fraud", live=LiveRules(since=DECIDED, book=book(trial=trial)), drafts=[book(3)]),
    )
    # WHEN they are asked for
    shown = run("rules", "show", "fraud").output
    # THEN the live rule is there with its words, and the draft is said not to be tried
    for words in ("version 2 by Ada, c", "event.amount > 9.0", "block (off)", "big [amount]", "not tried yet"):
        assert words in shown


def test_without_own_rules_those_of_the_family_are_shown(api, run):
    # GIVEN a shop that never saved any
    api.says("GET /v1/rules/fraud", RulesAnswer(family="fraud", drafts=[]))
    # WHEN the rules are asked for
    shown = run("rules", "show", "fraud").output
    # THEN the spec's are shown, and said to be
    assert "which come with the family" in shown
    assert all(rule.id in shown for rule in family("fraud").assessment.rules())


def test_the_example_can_be_read_by_the_family():
    # GIVEN the example
    new = definitions.rules(EXAMPLE)
    # WHEN it is checked as the API does
    # THEN nothing is wrong with it
    assert problems(new.rules, vocabulary(family("fraud").assessment)) == {}


def test_a_file_is_saved_and_what_comes_next_is_told(api, run):
    # GIVEN an API that takes it
    api.says("PUT /v1/rules/fraud", book())
    # WHEN the example is saved
    saved = run("rules", "save", "fraud", EXAMPLE)
    # THEN all of it was sent
    assert saved.exit_code == 0, saved.output
    assert [rule["id"] for rule in api.asked[0].body["rules"]] == [r.id for r in definitions.rules(EXAMPLE).rules]
    assert "next: rules simulate fraud 2" in saved.output


def test_rules_that_cannot_be_read_are_listed(api, run):
    # GIVEN an API that refuses two of them
    wrong = [{"rule": "a", "message": "no [such] name"}, {"rule": "b", "message": "not a condition"}]
    api.refuses("PUT /v1/rules/fraud", 422, "invalid_rules", "rule a: …", problems=wrong)
    # WHEN they are saved
    refused = run("rules", "save", "fraud", EXAMPLE)
    # THEN both are told, with an exit code of their own
    assert refused.exit_code == 5
    assert "a: no [such] name" in refused.stderr and "b: not a condition" in refused.stderr


@pytest.mark.parametrize("text", ['author = "a"\n[[rules]]\nid = "big"', "author ="])
def test_a_file_without_rules_is_wrong_usage(api, run, tmp_path, text):
    # GIVEN a file whose rule lacks its condition, or that is no TOML
    file = tmp_path / "rules.toml"
    file.write_text(text)
    # WHEN it is saved
    # THEN it is refused before the API is asked
    assert run("rules", "save", "fraud", file).exit_code == 2
    assert api.asked == []


def test_a_simulation_tells_what_rules_would_have_done(api, run):
    # GIVEN a simulation
    api.says("POST /v1/rules/fraud/simulate", simulation(note="the first 10000 events"))
    # WHEN it is asked for
    shown = run("rules", "simulate", "fraud", 2)
    # THEN each rule's effect is a row, and unknown shares are not numbers
    assert api.asked[0].body == {"version": 2}
    (row,) = (line for line in shown.output.splitlines() if line.split()[:1] == ["big"])
    assert row.split() == ["big", "1,200", "0", "7", "0", "50.0%", "25.0%", "–"]
    assert "10,000 events" in shown.output and "the first 10000 events" in shown.output
    assert "before: 3 reviews, 1 blocks of 99.50" in shown.output


def test_a_version_goes_live(api, run):
    # GIVEN a version that was tried
    api.says("POST /v1/rules/fraud/activate", LiveRules(since=DECIDED, book=book()))
    # WHEN it is activated
    shown = run("rules", "activate", "fraud", 2)
    # THEN the API was asked for just that
    assert (api.asked[0].body, "version 2 by Ada, c is live" in shown.output) == ({"version": 2}, True)


def test_what_the_api_answers_can_be_had_as_json(api, run):
    # GIVEN a simulation
    api.says("POST /v1/rules/fraud/simulate", simulation())
    # WHEN it is asked for as JSON
    found = json.loads(run("rules", "simulate", "fraud", 2, "--json").output)
    # THEN it is the API's
    assert Simulation.model_validate(found) == simulation()


def test_a_family_without_rules_is_wrong_usage(api, run):
    # GIVEN a family that decides on nothing
    # WHEN its rules are asked for
    refused = run("rules", "show", "churn")
    # THEN it is told which families have some
    assert refused.exit_code == 2
    assert "there are: access, bots, fraud" in refused.stderr
    assert api.asked == []
