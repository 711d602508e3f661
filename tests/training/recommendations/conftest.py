"""One run over the made-up grocer, shared: its tables, feature files and fitted model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from commerce.questions import SHOP, Instance
from tests.training.recommendations import grocery
from training import artifact, featureset, frames
from training.recommendations import FAMILY_MODEL
from training.recommendations.answering import Answerer
from training.recommendations.model import RecommendationsModel


@dataclass(frozen=True)
class Run:
    """A run as of the day after the grocer's last. `published` are profiles by customer."""

    source: grocery.Tables
    features: Path
    folder: Path
    model: RecommendationsModel
    published: dict[str, dict]

    def ask(self, kind: str, *, profile: dict | None = None, actions=(), shown=(), seed: int = 0, **fields):
        """The answer to a question; a customer's own profile comes with it."""
        known = profile or self.published.get(fields.get("customer_id", ""))
        question = {"question": kind, **fields}
        instance = Instance(
            question=question,
            as_of=grocery.LAST,
            profile=known,
            actions=list(actions),
            shown=list(shown),
            seed=seed,
        )
        return Answerer(self.model.shop).answer(instance)


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Run:
    """Prepared, trained, saved and read back."""
    source, features, folder = grocery.source(), tmp_path_factory.mktemp("features"), tmp_path_factory.mktemp("model")
    parameters = FAMILY_MODEL.resolve(source, grocery.LAST, FAMILY_MODEL.parameters(grocery.PARAMETERS))
    dates = FAMILY_MODEL.dates(source, grocery.LAST, parameters)
    built = frames.build(FAMILY_MODEL, source, dates, parameters, 0)
    about = featureset.write(features, built, dates, FAMILY_MODEL.spec.name, parameters)
    featureset.write_context(features, FAMILY_MODEL.context(source, grocery.LAST, parameters))
    context = featureset.read_context(features)
    fitted = FAMILY_MODEL.fit(featureset.read(features, "train"), parameters, 0, context)
    artifact.write(folder, FAMILY_MODEL, fitted, as_of=grocery.LAST, parameters=parameters, window=about.window)
    model = artifact.read(folder).model
    assert isinstance(model, RecommendationsModel)
    published = dict(model.profiles(featureset.read(features, "score")))
    published.pop(SHOP)
    return Run(source, features, folder, model, published)
