"""Evaluate: candidate, champion and floors on the same hold-out, with intervals, and golden requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.evaluation import CANDIDATE, CHAMPION, Evaluation, Slice
from commerce.runs import EVALUATION, GOLDEN, HISTORY
from training import artifact, featureset
from training.artifact import Artifact
from training.contract import AS_OF, AnsweringModel, ModelFamily, TrainingError
from training.layout import Layout
from training.metrics import bootstrap
from training.progress import say

SEED = 0
GOLDEN_REQUESTS = 20


def run(layout: Layout) -> None:
    """The processing job."""
    features = layout.received("features")
    candidate = artifact.read(layout.received("model"))
    notes: list[str] = []
    champion = _champion(layout.received("champion"), notes)
    evaluation = evaluate(features, candidate, champion, notes)
    folder = layout.produced("evaluation")
    (folder / Path(EVALUATION).name).write_text(evaluation.model_dump_json(indent=2))
    history = list(candidate.family.history(candidate.model, featureset.read(features, "holdout")))
    if history:
        (folder / Path(HISTORY).name).write_text("\n".join(history) + "\n")
    golden = golden_requests(candidate, featureset.read(features, "score"))
    (folder / Path(GOLDEN).name).write_text(json.dumps(golden, indent=1))
    for name, metrics in evaluation.metrics.items():
        say(f"{name}: " + ", ".join(f"{metric} {value:.4f}" for metric, value in metrics.items()))


def evaluate(features: Path, candidate: Artifact, champion: Artifact | None, notes: list[str]) -> Evaluation:
    """All contenders on the hold-out in `features`; 95 % intervals by the bootstrap over what is judged."""
    about = featureset.about(features)
    family, parameters = candidate.family, candidate.family.parameters(about.parameters)
    train, holdout = featureset.read(features, "train"), featureset.read(features, "holdout")
    predictions = {CANDIDATE: candidate.model.predict(holdout)}
    if champion is not None:
        try:
            predictions[CHAMPION] = champion.model.predict(holdout)
        except TrainingError as error:
            notes.append(f"the champion could not be judged on these features and is left out: {error}")
    predictions |= family.floors(train, holdout, parameters, SEED)
    outcome, judged = family.judged(holdout, predictions, parameters)
    return Evaluation(
        family=about.family,
        as_of=about.as_of,
        holdout_as_of=about.holdout_as_of,
        holdout_dates=about.holdout_dates,
        holdout_rows=len(holdout),
        metrics={name: family.measure(outcome, predicted) for name, predicted in judged.items()},
        intervals=bootstrap(family.measure, outcome, judged, SEED),
        slices=_slices(family, holdout, predictions, parameters),
        curves=family.curves(outcome, judged[CANDIDATE]),
        notes=[*candidate.card.notes, *notes],
        unjudged=family.unjudged(candidate.model, champion.model if champion else None),
    )


def _slices(
    family: ModelFamily, holdout: pd.DataFrame, predictions: Mapping[str, np.ndarray], parameters: BaseModel
) -> dict[str, Slice]:
    """The family's slices in which something can be measured."""
    found: dict[str, Slice] = {}
    for name, mask in family.slices(holdout).items():
        rows = np.flatnonzero(mask)
        if not len(rows):
            continue
        part = holdout.iloc[rows].reset_index(drop=True)
        outcome, judged = family.judged(part, {who: values[rows] for who, values in predictions.items()}, parameters)
        metrics = {who: family.measure(outcome, predicted) for who, predicted in judged.items()}
        if any(metrics.values()):
            intervals = bootstrap(family.measure, outcome, judged, SEED)
            found[name] = Slice(rows=len(rows), metrics=metrics, intervals=intervals)
    return found


def golden_requests(candidate: Artifact, score: pd.DataFrame) -> list[dict[str, object]]:
    """Instances spread over the rows to score, with the answers the candidate gives to them."""
    if isinstance(candidate.model, AnsweringModel):
        asked = candidate.model.rehearsal(score, GOLDEN_REQUESTS)
        instances, answers = [one.model_dump(mode="json") for one in asked], candidate.model.respond(asked)
    else:
        rows = score.iloc[np.unique(np.linspace(0, len(score) - 1, GOLDEN_REQUESTS).astype(int))]
        answers = candidate.model.answers(rows)
        instances = json.loads(
            rows.assign(**{AS_OF: rows[AS_OF].astype(str)}).to_json(orient="records", double_precision=15)
        )
    return [{"instance": i, "answer": a.model_dump(mode="json")} for i, a in zip(instances, answers, strict=True)]


def _champion(folder: Path, notes: list[str]) -> Artifact | None:
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    try:
        return artifact.read(folder)
    except TrainingError as error:
        notes.append(f"the champion could not be loaded and is left out: {error}")
        return None
