"""A fitted version is written, read, and answers as the function does."""

import pytest

from commerce.assessments.parameters import AssessmentParameters
from tests.training.assessing.drawn import FAMILY, events
from training.assessing.model import AssessingModel, load
from training.contract import TrainingError

PARAMETERS = AssessmentParameters()


@pytest.fixture
def fitted(model) -> AssessingModel:
    return AssessingModel(FAMILY, model, PARAMETERS)


def test_a_model_that_is_read_predicts_what_the_written_one_did(fitted, tmp_path):
    # GIVEN a model that was written
    rows = events(200, 5)
    saved = fitted.save(tmp_path)
    # WHEN it is read
    read = load(FAMILY, tmp_path, PARAMETERS)
    # THEN it predicts the same, and what it takes is described
    assert read.predict(rows).tolist() == fitted.predict(rows).tolist()
    assert [field.name for field in saved.features] == list(fitted.portable.features)


def test_answers_have_the_probabilities_that_are_judged(fitted):
    # GIVEN events with values missing
    rows = events(100, 6).assign(as_of="2024-05-01")
    # WHEN the model decides on them as the function would
    found = [answer.probability for answer in fitted.answers(rows)]
    # THEN their probabilities are those predicted
    assert found == pytest.approx(fitted.predict(rows).tolist(), abs=1e-12)


def test_features_of_another_version_are_refused(fitted):
    # GIVEN features that lack one that the model takes
    rows = events(10, 7).drop(columns=fitted.portable.features[3])
    # WHEN they are scored, THEN it is refused with its name
    with pytest.raises(TrainingError, match=fitted.portable.features[3]):
        fitted.predict(rows)


def test_a_file_that_is_none_says_so(fitted, tmp_path):
    # GIVEN a folder with a file that was cut
    fitted.save(tmp_path)
    file = tmp_path / "portable.json"
    file.write_bytes(file.read_bytes()[:-10])
    # WHEN it is read, THEN it is refused
    with pytest.raises(TrainingError, match="train it again"):
        load(FAMILY, tmp_path, PARAMETERS)
