"""`shopkeeper assess` against a server that answers as the API does."""

import json

import pytest

from commerce.assessments.answer import Assessed
from commerce.families import discover
from tests.cli.assessment_fixtures import decided

FAMILIES = [name for name, spec in discover().items() if spec.assessment]
ROUTE = "POST /v1/fraud:assess"


def test_a_decision_is_told_with_costs_rules_and_reasons(api, run):
    # GIVEN an API that asks for a review, without the state of the entities
    api.says(ROUTE, decided(missing=["state"]))
    # WHEN a payment is asked for by options
    shown = run("assess", "fraud", "--event", "p-1", "--customer", "c", "--set", "amount=80.5")
    # THEN the API got what was given and no more, and all of the answer is told
    assert shown.exit_code == 0, shown.output
    assert api.asked[0].body == {"event_id": "p-1", "customer_id": "c", "amount": 80.5}
    for words in (
        "review by the model: payment p-1, fraud with probability 0.250",
        "expected cost: approve 1,230.50, review 15.00, block 30.00",
        "rule burst (review): many payments [within minutes]",
        "because 9 payments of this card",
        "decided without: state",
        "from model 3, decision d-p-1",
    ):
        assert words in shown.output


def test_the_rules_alone_make_no_probability_up(api, run):
    # GIVEN a decision without a model
    api.says(ROUTE, decided(outcome="approve", probability=None, missing=["model"]))
    # WHEN it is shown
    shown = run("assess", "fraud", "--event", "p-1", "--set", "amount=1").output
    # THEN there is neither probability nor cost
    assert "approve by the rules: payment p-1\n" in shown
    assert "probability" not in shown and "expected cost" not in shown
    assert "decided without: model" in shown and "from baseline" in shown


@pytest.mark.parametrize("by", ["file", "stdin"])
def test_events_of_a_file_are_asked_one_by_one(api, run, tmp_path, by):
    # GIVEN two payments, one a line
    api.says(ROUTE, decided(), decided("p-2"))
    lines = "\n".join(json.dumps({"event_id": id_, "amount": 5.0}) for id_ in ("p-1", "p-2")) + "\n"
    file = tmp_path / "payments.jsonl"
    file.write_text(lines)
    # WHEN they are asked for, an option over all of them
    name, given = (file, None) if by == "file" else ("-", lines)
    shown = run("assess", "fraud", name, "--customer", "c", "--json", input=given)
    # THEN each answer is a line
    assert shown.exit_code == 0, shown.output
    assert [asked.body["event_id"] for asked in api.asked] == ["p-1", "p-2"]
    assert {asked.body["customer_id"] for asked in api.asked} == {"c"}
    assert [Assessed.model_validate_json(line) for line in shown.output.splitlines()] == [decided(), decided("p-2")]


def test_one_event_may_stand_on_several_lines(api, run, tmp_path):
    # GIVEN an event as it is written well laid out
    api.says(ROUTE, decided())
    file = tmp_path / "payment.json"
    file.write_text(json.dumps({"event_id": "p-1", "amount": 5.0}, indent=2))
    # WHEN it is asked for
    # THEN it is one event
    assert run("assess", "fraud", file).exit_code == 0
    assert [asked.body["event_id"] for asked in api.asked] == ["p-1"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_that_decides_has_the_verb(api, run, family):
    # GIVEN a family
    # WHEN an event without an id is asked for
    refused = run("assess", family)
    # THEN its own question says what it lacks
    assert (refused.exit_code, "event_id: Field required" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "text", "words"),
    [
        (["churn"], None, "no family 'churn' decides on events; there are: access, bots, fraud"),
        (["fraud", "-"], "[1]", "an event is a JSON object"),
        (["fraud", "-"], '{"event_id": "1", "amount": 1}\n{"event', "line 2 is not JSON"),
        (["fraud", "-"], "", "an event is a JSON object"),
        (["fraud", "absent.json"], None, "absent.json cannot be read"),
        (["fraud", "--event", "1", "--set", "amount=-1"], None, "amount: Input should be greater"),
        (["fraud", "--event", "1", "--set", "amount=NaN"], None, "amount: Input should be a"),
        (["fraud", "--event", "1", "--set", "amount"], None, "'amount' is not NAME=VALUE"),
    ],
)
def test_what_is_no_event_is_refused_before_anything_is_asked(api, run, arguments, text, words):
    # GIVEN no event
    # WHEN a decision is asked for
    refused = run("assess", *arguments, input=text)
    # THEN the exit code says wrong usage, the message what is wrong, and the API was not asked
    assert refused.exit_code == 2, refused.output
    assert words in refused.stderr
    assert api.asked == []
