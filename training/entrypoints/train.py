"""Train: a model of the run's training frame, as an artifact."""

from __future__ import annotations

import json
from datetime import date

from pydantic import BaseModel, ConfigDict, Json

from training import artifact, featureset
from training.contract import TrainingError
from training.layout import Layout
from training.progress import say
from training.registry import model_family

SEED = 0


class Hyperparameters(BaseModel):
    """`hyperparameters.json`: SageMaker gives every value as text."""

    model_config = ConfigDict(title="hyperparameters.json", extra="ignore")

    family: str
    as_of: date
    parameters: Json[dict] = {}
    seed: int = SEED


def run(layout: Layout) -> None:
    """The training job."""
    if not layout.hyperparameters.is_file():
        raise TrainingError(f"{layout.hyperparameters} is missing: start the job with family, as_of and parameters")
    asked = Hyperparameters.model_validate(json.loads(layout.hyperparameters.read_text()))
    family = model_family(asked.family)
    family.parameters(asked.parameters)
    features = layout.channel("features")
    about = featureset.about(features)
    if (about.family, about.as_of) != (asked.family, asked.as_of):
        raise TrainingError(
            f"the features are of {about.family} as of {about.as_of}, but the job is for {asked.family} as of "
            f"{asked.as_of}; give the job the run's own features"
        )
    parameters = family.parameters(about.parameters)
    train = featureset.read(features, "train")
    say(f"learning {family.spec.name} from {len(train):,} rows of {about.window.entities:,} entities")
    model = family.fit(train, parameters, asked.seed, featureset.read_context(features))
    card = artifact.write(layout.model, family, model, as_of=about.as_of, parameters=parameters, window=about.window)
    say(f"validated inside the training dates: {json.dumps(card.metrics)}")
