"""`shopkeeper what-if` against a server that answers as the API does."""

import json

import pytest

from commerce.families.demand import DemandForecast, WhatIf, what_if
from commerce.scores import ProductAnswer

ROUTE = "POST /v1/forecasts:whatIf"
PLAN = ("--from", "2026-03-02", "--to", "2026-03-04")


@pytest.fixture
def says(api):
    """The API answers from the spec's own example."""

    def prepare(**changes):
        known = DemandForecast.model_validate(DemandForecast.model_json_schema()["examples"][0] | changes)
        entry = {"starts_on": "2026-03-02", "ends_on": "2026-03-04", "display": 0.5, "price": 2}
        answer = what_if(WhatIf.model_validate({"product_id": "1001", "plan": [entry]}), known)
        found = ProductAnswer(
            product_id="1001", generated_at="2026-03-02T09:30:00Z", answer=answer.model_dump(mode="json")
        )
        api.says(ROUTE, found)
        return answer

    return prepare


def test_the_forecast_is_shown_with_and_without_the_plan(api, run, says):
    # GIVEN an API that knows what a display and a price do
    answer = says()
    # WHEN both are planned
    shown = run("what-if", "1001", *PLAN, "--display", "0.5", "--price", "2", "--location", "367")
    # THEN the question is what was planned and no more, and the answer is told with its difference
    assert shown.exit_code == 0, shown.output
    entry = {"starts_on": "2026-03-02", "ends_on": "2026-03-04", "display": 0.5, "price": 2}
    assert [asked.body for asked in api.asked] == [{"product_id": "1001", "location_id": "367", "plan": [entry]}]
    assert "without" in shown.output and "planned" in shown.output
    assert f"{answer.units:+,.1f} units, {answer.revenue:+,.2f}" in shown.output
    assert answer.reasons[0].text[:30] in shown.output


def test_an_unknown_effect_is_said_to_be_unknown(run, says):
    # GIVEN an API whose shop never promoted
    says(drivers=None)
    # WHEN a display is planned
    shown = run("what-if", "1001", *PLAN, "--display", "1")
    # THEN no difference is made up
    assert shown.exit_code == 0, shown.output
    assert "What the plan would change is not known" in shown.output


def test_the_answer_can_be_had_as_json(run, says):
    # GIVEN an answer
    answer = says()
    # WHEN it is asked for as JSON
    printed = json.loads(run("what-if", "1001", *PLAN, "--display", "0.5", "--json").output)
    # THEN it is the API's
    assert printed["answer"] == answer.model_dump(mode="json")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "2026-03-04", "--to", "2026-03-02", "--display", "1"), "before it starts"),
        (PLAN, "says nothing of display"),
        ((*PLAN, "--discount", "1.5"), "discount"),
    ],
)
def test_a_plan_that_is_none_is_wrong_usage(api, run, options, said):
    # GIVEN a plan that cannot be meant
    # WHEN it is asked for
    refused = run("what-if", "1001", *options)
    # THEN the exit code says so with the reason, and the API was not asked
    assert refused.exit_code == 2 and said in refused.stderr
    assert api.asked == []
