"""The demo's recommendations against a server that answers as the API does, and a workflow that ends as it is told."""

import io
from datetime import UTC, date, datetime

import pytest
import typer

from cli import executions, retrain
from cli.demo import household, learning, recommendations
from cli.demo.household import Basket, Household
from cli.environment import Environment
from cli.executions import Ending
from cli.report.model import Product
from commerce.families import family
from commerce.questions import Answered
from tests.cli.recommendation_fixtures import answer, learnt

AS_OF = date(2018, 1, 1)
SPEC = family("recommendations")
ROUTE = "POST /v1/recommendations"


@pytest.fixture
def environment():
    return Environment("local", {"ModelsBucket": "models"})


@pytest.fixture
def shown(environment, api, monkeypatch):
    """Run the demo's part with a family that was rejected, and the API's answers in turn."""
    environment.outputs["ApiUrl"] = api.url
    environment.__dict__["api_key"] = "a-key"
    basket = Basket("o", "7", datetime(2017, 12, 31, tzinfo=UTC), ("1", "2"))
    monkeypatch.setattr(recommendations, "learn", lambda *_: learnt(ending="Rejected"))
    monkeypatch.setattr(household, "baskets", lambda *_: [basket])
    monkeypatch.setattr(household, "choose", lambda _: Household("7", 4, 30, basket, "2"))
    monkeypatch.setattr(household, "products", lambda _, ids, day: {id_: Product(id_, f"P{id_}") for id_ in ids})
    said = [answer(), *(answer(source=source) for source in ("model", "model", "cold_start", "baseline", "model"))]
    api.says(
        ROUTE, *(Answered(exposure_id="e", generated_at=basket.at, answer=a.model_dump(mode="json")) for a in said)
    )
    return recommendations.run(environment, None, AS_OF)


def test_the_demo_asks_what_a_shop_would_ask(shown, api):
    # GIVEN a household and its basket
    # WHEN the demo has asked
    asked = [one.body for one in api.to(ROUTE)]
    # THEN each list is a question of the route, and the first was asked once before, to start what answers
    assert [body["question"] for body in asked] == [
        "for_you",
        "for_you",
        "for_you",
        "buy_again",
        "also_bought",
        "bundles",
    ]
    assert [body.get("controls") for body in asked[:3]] == [None, None, {"exclude_bought": True}]
    assert (asked[4]["product_id"], asked[5]["cart"]) == ("2", ["1", "2"])
    assert {body["customer_id"] for body in asked} == {"7"}


def test_a_rejected_candidate_does_not_end_the_demo(shown):
    # GIVEN a candidate that was rejected
    # WHEN the demo has asked nevertheless
    # THEN the report holds who answered, and a name for whatever is shown
    assert not shown.learnt.released
    assert [s.origin for s in shown.shelves] == ["model 3", "model 3", "cold_start 3", "baseline 3", "model 3"]
    assert set(shown.products) == {"1", "2", "77"}
    assert shown.shelves[3].title == "Also bought with P2"
    assert all(s.milliseconds > 0 for s in shown.shelves)


def ends(monkeypatch, name, **data):
    monkeypatch.setattr(executions, "start", lambda *_: "an-execution")
    monkeypatch.setattr(
        retrain, "run", lambda *_: Ending(name, 9.0, {"run": {"run_id": "20180101-abcdef"}} | data, "it broke")
    )


@pytest.mark.parametrize("name", ["Released", "Rejected", "RolledBack"])
def test_what_was_judged_comes_with_its_evaluation(environment, monkeypatch, name):
    # GIVEN a run that was evaluated and registered
    ends(monkeypatch, name, registered={"version": "3"})
    body = learnt().evaluation.model_dump_json().encode()

    class Objects:
        def get_object(self, **asked):
            assert asked == {
                "Bucket": "models",
                "Key": "runs/recommendations/20180101-abcdef/evaluation/evaluation.json",
            }
            return {"Body": io.BytesIO(body)}

    monkeypatch.setattr(Environment, "client", lambda *_: Objects())
    # WHEN it has ended
    found = learning.learn(environment, SPEC, AS_OF, recommendations.PARAMETERS)
    # THEN the report has its version, and the evaluation from the run's place
    assert (found.ending, found.released, found.version) == (name, name == "Released", "3")
    assert found.evaluation == learnt().evaluation


def test_data_that_is_not_ready_has_no_evaluation(environment, monkeypatch):
    # GIVEN a run that found the data not ready
    ends(monkeypatch, "NotReady", readiness={"reasons": ["order_lines is empty"]})
    # WHEN it has ended
    found = learning.learn(environment, SPEC, AS_OF, {})
    # THEN nothing is read, and the reasons are told
    assert (found.evaluation, found.version, found.reasons) == (None, None, ["order_lines is empty"])


def test_a_workflow_that_fails_ends_the_demo_with_its_cause(environment, monkeypatch, capsys):
    # GIVEN a workflow that fails
    ends(monkeypatch, "Failed")
    # WHEN it has ended
    # THEN so does the command
    with pytest.raises(typer.Exit):
        learning.learn(environment, SPEC, AS_OF, {})
    assert "it broke" in capsys.readouterr().err


def test_the_laptop_learns_from_less():
    # GIVEN the lighter parameters
    # WHEN they are read as the workflow reads them
    fewer, plain = SPEC.parameters.model_validate(recommendations.PARAMETERS), SPEC.parameters()
    # THEN they hold, and are below the defaults
    assert fewer.customers_per_date < plain.customers_per_date
    assert fewer.dates < plain.dates
