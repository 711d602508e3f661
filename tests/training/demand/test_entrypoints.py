"""A whole run of demand in small: prepare, train, evaluate, score, as the container runs them."""

from __future__ import annotations

import json

import pytest

from commerce.evaluation import CANDIDATE, CHAMPION, Evaluation, judge
from commerce.families import family
from commerce.families.demand.nodes import is_node
from commerce.readiness import Readiness
from commerce.scores import StoredScore
from tests.training.demand.shop import AS_OF, RATES
from tests.training.test_entrypoints import learned, step
from training.demand import dates

PARAMETERS = json.dumps({"horizon": 4, "by_location": False})


def prepare(lake, root, parameters=PARAMETERS):
    """Run the step; its readiness."""
    values = {"FAMILY": "demand", "AS_OF": AS_OF.isoformat(), "PARAMETERS": parameters, "LAKE": str(lake)}
    assert step("prepare", root, **{f"SHOPKEEPER_{name}": value for name, value in values.items()}) == 0
    return Readiness.model_validate_json((root / "processing/output/readiness/readiness.json").read_bytes())


@pytest.fixture(scope="module")
def made(root, tmp_path_factory):
    """ML roots by step of a run of the whole shop from few origins, judged against itself as champion."""
    roots = {name: tmp_path_factory.mktemp(name) for name in ("prepare", "train", "evaluate", "score")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "MANY_ORIGINS", 5)
        assert prepare(root, roots["prepare"]).ready
    learned(roots, family="demand", as_of=AS_OF.isoformat(), parameters=PARAMETERS)
    return roots


def test_the_evaluation_holds_what_the_gates_and_plots_need(made):
    # GIVEN
    path = made["evaluate"] / "processing/output/evaluation/evaluation.json"
    # WHEN
    evaluation = Evaluation.model_validate_json(path.read_bytes())
    # THEN
    assert evaluation.metrics[CANDIDATE] == evaluation.metrics[CHAMPION]
    assert {"seasonal_naive", "moving_average", "lightgbm_default"} <= set(evaluation.metrics)
    assert evaluation.intervals[CANDIDATE]["pinball"].low < evaluation.metrics[CANDIDATE]["pinball"]
    assert set(evaluation.slices) == {"intermittent", "new"}
    assert set(evaluation.curves) == {"coverage", "error_by_step", "error_by_level"}
    # The whole shop, its department, its categories; no stores; and products.
    assert [point["level"] for point in evaluation.curves["error_by_level"]] == [0, 1, 3, 5]
    assert judge(family("demand").gates, evaluation).reasons


def test_every_product_is_published_once(made):
    # GIVEN
    lines = (made["score"] / "processing/output/scores/part-00000.jsonl").read_text().splitlines()
    # WHEN
    scores = [StoredScore.model_validate_json(line) for line in lines]
    # THEN
    assert sorted(score.entity_id for score in scores if not is_node(score.entity_id)) == sorted(RATES)
    answers = [family("demand").answer.model_validate(score.answer).model_dump() for score in scores]
    assert all(len(answer["locations"]) == 1 and len(answer["locations"][0]["periods"]) == 4 for answer in answers)


def test_golden_requests_are_rows_with_their_own_answers(made):
    # GIVEN
    golden = json.loads((made["evaluate"] / "processing/output/evaluation/golden.json").read_text())
    # WHEN
    steps = [(one["instance"]["step"], len(one["answer"]["locations"])) for one in golden]
    # THEN
    assert steps and all(step in (1, 2, 3, 4) and places == 1 for step, places in steps)


def test_a_horizon_longer_than_the_history_is_not_ready(root, tmp_path):
    # GIVEN
    parameters = json.dumps({"horizon": 40})
    # WHEN
    readiness = prepare(root, tmp_path, parameters)
    # THEN
    assert not readiness.ready
    assert readiness.errors[0].message
