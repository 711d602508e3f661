"""Learning from labels where there are enough, from what is usual where there are not."""

import numpy as np

from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.portable import Portable
from tests.training.assessing.drawn import ASSESSMENT, events
from training.assessing.calibration import probabilities
from training.assessing.exporting import vectorised
from training.assessing.learning import LEAST_FRAUDS, design, learned
from training.assessing.metrics import expected_calibration_error
from training.contract import LABEL
from training.metrics import roc_auc


def test_a_model_of_labels_gives_probabilities_for_new_events(model):
    # GIVEN a model of two weeks, and events of the same kind
    new = events(4000, 1)
    outcome = new[LABEL].to_numpy()
    # WHEN they are scored
    found = probabilities(model.curve, vectorised(model.forest, design(new, ASSESSMENT)))
    # THEN they are ranked nearly as well as can be (0.83), and rates are those predicted
    assert model.kind == "supervised"
    assert roc_auc(outcome, found) > 0.78
    assert expected_calibration_error(outcome, found) < 0.02


def test_the_function_scores_as_training_does(model):
    # GIVEN a model that was written and read, and events with values missing
    new = events(50, 2)
    read = Portable.of(model.text().encode())
    values = [
        {n: None if np.isnan(v) else v for n, v in row.items()} for row in new[list(model.features)].to_dict("records")
    ]
    # WHEN they are scored one by one in plain Python
    found = [read.explained(each)[0] for each in values]
    # THEN it is what training scores
    expected = probabilities(model.curve, vectorised(model.forest, design(new, ASSESSMENT)))
    assert np.abs(np.array(found) - expected).max() < 1e-12


def test_the_same_seed_gives_the_same_model_whatever_the_order_of_rows(model):
    # GIVEN the same events in another order
    shuffled = events(4000, 0).sample(frac=1, random_state=3)
    # WHEN they are learned from with the same seed
    again = learned(shuffled, ASSESSMENT, AssessmentParameters(), seed=0)
    # THEN the model is the same
    assert again.text() == model.text()


def test_with_too_few_frauds_the_score_says_how_unusual_an_event_is():
    # GIVEN events with one known fraud too few
    rows = events(2000, 4)
    rows[LABEL] = (np.arange(len(rows)) < LEAST_FRAUDS - 1).astype(float)
    # WHEN they are learned from
    model = learned(rows, ASSESSMENT, AssessmentParameters(), seed=0)
    # THEN the score is an anomaly's: about the share of ordinary events that are less unusual
    shares = probabilities(model.curve, vectorised(model.forest, design(rows, ASSESSMENT)))
    strange = dict.fromkeys(model.features, 9.0)
    assert model.kind == "anomaly"
    assert abs(np.median(shares) - 0.5) < 0.02
    assert model.explained(strange)[0] > 0.99


def test_where_reviews_are_scarce_each_has_a_price(model):
    # GIVEN a shop that can review one payment a day
    scarce = AssessmentParameters(reviews_per_day=1)
    # WHEN the model is learned
    found = learned(events(4000, 0), ASSESSMENT, scarce, seed=0)
    # THEN a review costs more than where a hundred are possible
    assert found.price > model.price
