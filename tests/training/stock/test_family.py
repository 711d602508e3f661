"""A whole run of stock in small, as the container runs it: fed by what demand published, judged by a replay."""

from __future__ import annotations

import json

import pytest

from commerce.evaluation import Evaluation
from commerce.families import family
from commerce.readiness import Readiness
from commerce.scores import StoredScore
from tests.training.demand import shop
from tests.training.demand.shop import AS_OF
from tests.training.stock import fed
from tests.training.test_entrypoints import give, hyperparameters, step

SPEC = family("stock")


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("stock")
    shop.write(root, fed.records())
    return root


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return fed.publish(tmp_path_factory.mktemp("published"))


def prepare(lake, root, upstream, as_of=AS_OF):
    """Run the step; its readiness."""
    values = {"FAMILY": "stock", "AS_OF": as_of.isoformat(), "LAKE": str(lake), "UPSTREAM": json.dumps(upstream)}
    assert step("prepare", root, **{f"SHOPKEEPER_{name}": value for name, value in values.items()}) == 0
    return Readiness.model_validate_json((root / "processing/output/readiness/readiness.json").read_bytes())


@pytest.fixture(scope="module")
def made(lake, published, tmp_path_factory):
    """ML roots by step, judged against itself as champion."""
    roots = {name: tmp_path_factory.mktemp(name) for name in ("prepare", "train", "evaluate", "score")}
    assert prepare(lake, roots["prepare"], {"demand": str(published)}).ready
    features = roots["prepare"] / "processing/output/features"
    give(roots["train"], "input/data/features", features)
    hyperparameters(roots["train"], family="stock", as_of=AS_OF.isoformat(), parameters="{}")
    assert step("train", roots["train"]) == 0
    for name in ("model", "champion"):
        give(roots["evaluate"], f"processing/input/{name}", roots["train"] / "model")
    give(roots["evaluate"], "processing/input/features", features)
    assert step("evaluate", roots["evaluate"]) == 0
    give(roots["score"], "processing/input/model", roots["train"] / "model")
    give(roots["score"], "processing/input/features", features)
    assert step("score", roots["score"]) == 0
    return roots


def test_it(made):
    evaluation = Evaluation.model_validate_json(
        (made["evaluate"] / "processing/output/evaluation/evaluation.json").read_bytes()
    )
    print(evaluation.metrics)
    print((made["train"] / "model/model.json").read_text()[-900:])
    for line in (made["score"] / "processing/output/scores/part-00000.jsonl").read_text().splitlines():
        s = StoredScore.model_validate_json(line)
        print(s.entity_id, json.dumps(s.answer, indent=0)[:1500])
    print((made["score"] / "processing/output/scores/ranking/alerts.json").read_text()[:1500])
