"""The container's steps, run as SageMaker runs them: a folder, environment variables, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from commerce.evaluation import CANDIDATE, CHAMPION, Evaluation, judge
from commerce.families import family
from commerce.model import ModelCard
from commerce.readiness import Readiness
from commerce.scores import Chunk, StoredScore
from tests.training.conftest import LAST
from training.__main__ import main
from training.layout import ROOT_VARIABLE, Layout

ROOT = Path(__file__).resolve().parents[2]
PARAMETERS = json.dumps({"horizon_days": 60})


def step(name: str, root: Path, **variables: str) -> int:
    """Run one step in this process, in the ML root `root`."""
    saved = dict(os.environ)
    os.environ.update({ROOT_VARIABLE: str(root), **variables})
    try:
        return main([name])
    finally:
        os.environ.clear()
        os.environ.update(saved)


def environment(lake: Path, **changed: str) -> dict[str, str]:
    """The variables of a prepare job."""
    given = {"FAMILY": "churn", "AS_OF": LAST.isoformat(), "PARAMETERS": PARAMETERS, "LAKE": str(lake)}
    return {f"SHOPKEEPER_{name}": value for name, value in (given | changed).items()}


def give(root: Path, target: str, produced: Path) -> None:
    """Hand a step what an earlier one produced, as S3 would."""
    place = root / target
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(produced, target_is_directory=True)


def hyperparameters(root: Path, **values: str) -> None:
    """What the training job is asked for."""
    path = Layout(root).hyperparameters
    path.parent.mkdir(parents=True, exist_ok=True)
    asked = {"family": "churn", "as_of": LAST.isoformat(), "parameters": PARAMETERS} | values
    path.write_text(json.dumps(asked))


def learned(roots: dict[str, Path], **asked: str) -> None:
    """What follows a prepared run, each step in its root: train, evaluate against itself as champion, score."""
    features = roots["prepare"] / "processing/output/features"
    give(roots["train"], "input/data/features", features)
    hyperparameters(roots["train"], **asked)
    assert step("train", roots["train"]) == 0
    for name in ("model", "champion"):
        give(roots["evaluate"], f"processing/input/{name}", roots["train"] / "model")
    give(roots["score"], "processing/input/model", roots["train"] / "model")
    for name in ("evaluate", "score"):
        give(roots[name], "processing/input/features", features)
        assert step(name, roots[name]) == 0


@pytest.fixture(scope="module")
def made(shop, tmp_path_factory):
    """(ML roots by step) of a whole run: prepare, train, evaluate against itself as champion, score."""
    roots = {name: tmp_path_factory.mktemp(name) for name in ("prepare", "train", "evaluate", "score")}
    assert step("prepare", roots["prepare"], **environment(shop)) == 0
    features = roots["prepare"] / "processing/output/features"
    give(roots["train"], "input/data/features", features)
    hyperparameters(roots["train"])
    assert step("train", roots["train"]) == 0
    packed = tmp_path_factory.mktemp("packed")
    with tarfile.open(packed / "model.tar.gz", "w:gz") as tar:
        for path in (roots["train"] / "model").iterdir():
            tar.add(path, path.name)
    for name in ("model", "champion"):
        give(roots["evaluate"], f"processing/input/{name}", packed)
    give(roots["evaluate"], "processing/input/features", features)
    assert step("evaluate", roots["evaluate"]) == 0
    give(roots["score"], "processing/input/model", packed)
    give(roots["score"], "processing/input/features", features)
    assert step("score", roots["score"]) == 0
    return roots | {"packed": packed}


def test_prepare_says_ready(made):
    # GIVEN
    path = made["prepare"] / "processing/output/readiness/readiness.json"
    # WHEN
    readiness = Readiness.model_validate_json(path.read_bytes())
    # THEN
    assert readiness.ready


def test_train_leaves_a_card_and_native_files(made):
    # GIVEN
    folder = made["train"] / "model"
    # WHEN
    card = ModelCard.model_validate_json((folder / "model.json").read_bytes())
    # THEN
    assert card.family == "churn"
    assert card.parameters["horizon_days"] == 60
    assert sorted(card.files) == sorted(p.name for p in folder.iterdir() if p.name != "model.json")


def test_evaluate_puts_candidate_champion_and_floors_on_one_holdout(made):
    # GIVEN
    path = made["evaluate"] / "processing/output/evaluation/evaluation.json"
    # WHEN
    evaluation = Evaluation.model_validate_json(path.read_bytes())
    # THEN the champion is the same model, so it reaches the same
    assert evaluation.metrics[CANDIDATE] == evaluation.metrics[CHAMPION]
    assert {"recency", "lr_rfm", "lr_all", "lightgbm_default"} <= set(evaluation.metrics)
    interval = evaluation.intervals[CANDIDATE]["auc"]
    assert interval.low < evaluation.metrics[CANDIDATE]["auc"] < interval.high
    assert judge(family("churn").gates, evaluation).reasons


def test_every_entity_is_scored_once_in_the_specs_shape(made):
    # GIVEN
    folder = made["score"] / "processing/output/scores"
    chunks = [Chunk.model_validate(c) for c in json.loads((folder / "manifest.json").read_text())]
    # WHEN
    scores = [StoredScore.model_validate_json(t) for c in chunks for t in (folder / c.key).read_text().splitlines()]
    # THEN
    assert sum(c.rows for c in chunks) == len(scores) == len({s.entity_id for s in scores})
    answers = [family("churn").answer.model_validate(s.answer) for s in scores]
    assert all(0 <= a.model_dump()["probability"] <= 1 and a.as_of == LAST for a in answers)


def test_the_steps_run_as_processes_too(made, tmp_path):
    # GIVEN the inputs of score in a fresh ML root
    for name in ("model", "features"):
        give(tmp_path, f"processing/input/{name}", (made["score"] / f"processing/input/{name}").resolve())
    # WHEN
    done = subprocess.run(
        [sys.executable, "-m", "training", "score"],
        env=os.environ | {ROOT_VARIABLE: str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    # THEN the same files, and progress on stderr
    assert done.returncode == 0, done.stderr
    for path in (made["score"] / "processing/output/scores").iterdir():
        assert (tmp_path / "processing/output/scores" / path.name).read_bytes() == path.read_bytes()
    assert "written" in done.stderr


def test_an_unready_shop_is_a_result_with_reasons(tmp_path):
    # GIVEN an empty lake
    lake, root = tmp_path / "lake", tmp_path / "ml"
    # WHEN
    code = step("prepare", root, **environment(lake))
    # THEN
    readiness = Readiness.model_validate_json((root / "processing/output/readiness/readiness.json").read_bytes())
    assert (code, readiness.ready) == (0, False)
    assert readiness.errors
    assert not list((root / "processing/output/features").iterdir())


def test_a_horizon_longer_than_the_history_is_not_ready(shop, tmp_path):
    # GIVEN
    variables = environment(shop, PARAMETERS=json.dumps({"horizon_days": 400}))
    # WHEN
    code = step("prepare", tmp_path, **variables)
    # THEN
    readiness = Readiness.model_validate_json((tmp_path / "processing/output/readiness/readiness.json").read_bytes())
    assert (code, readiness.ready) == (0, False)
    assert "too short for a churn horizon of 400 days" in readiness.errors[0].message


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"AS_OF": "yesterday"}, "as_of"),
        ({"PARAMETERS": '{"horizon": 3}'}, "horizon"),
        ({"FAMILY": "weather"}, "no model family 'weather'"),
    ],
)
def test_wrong_settings_fail_with_a_reason_where_sagemaker_looks(tmp_path, variables, reason):
    # GIVEN
    given = environment(tmp_path / "lake", **variables)
    # WHEN
    code = step("prepare", tmp_path, **given)
    # THEN
    assert code == 1
    assert reason in (tmp_path / "output/message").read_text()


def test_train_without_features_writes_the_failure_file(tmp_path):
    # GIVEN
    hyperparameters(tmp_path)
    # WHEN
    code = step("train", tmp_path)
    # THEN
    assert code == 1
    assert "run prepare first" in (tmp_path / "output/failure").read_text()


def test_train_refuses_the_features_of_another_day(made, tmp_path):
    # GIVEN
    give(tmp_path, "input/data/features", made["prepare"] / "processing/output/features")
    hyperparameters(tmp_path, as_of="2020-01-01")
    # WHEN
    code = step("train", tmp_path)
    # THEN
    assert code == 1
    assert "give the job the run's own features" in (tmp_path / "output/failure").read_text()


def test_an_unknown_step_is_a_wrong_call():
    # GIVEN
    wrong = ["bake"]
    # WHEN
    with pytest.raises(SystemExit) as caught:
        main(wrong)
    # THEN
    assert caught.value.code == 2
