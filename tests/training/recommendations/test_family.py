"""The family behind the contract: dates, labels, refusals, what is learned, and what is kept in the artifact."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from commerce.evaluation import CANDIDATE, judge
from commerce.families.recommendations.profile import Profile
from commerce.questions import SHOP, Instance
from commerce.scores import Score
from tests.training.recommendations import grocery
from training import artifact, featureset, frames
from training.contract import ENTITY, ITEM, LABEL, TrainingError
from training.entrypoints.evaluate import evaluate, golden_requests
from training.metrics import calibration_slope
from training.recommendations import FAMILY_MODEL, capacity

PARAMETERS = FAMILY_MODEL.parameters(grocery.PARAMETERS | {"retrieval": "cosine"})
HORIZON = timedelta(days=28)


@pytest.fixture(scope="module")
def evaluation(run):
    return evaluate(run.features, artifact.read(run.folder), artifact.read(run.folder), [])


def test_outcomes_of_training_dates_are_known_before_the_holdout():
    # GIVEN the grocer
    # WHEN dates are chosen
    dates = FAMILY_MODEL.dates(grocery.source(), grocery.LAST, PARAMETERS)
    # THEN a horizon lies between any two
    days = [*dates.train, *dates.holdouts, dates.score]
    assert [later - earlier for earlier, later in pairwise(days)] == [HORIZON] * 3


def test_a_history_that_is_too_short_is_refused_with_what_to_do():
    # GIVEN a day shortly after the first line
    early = grocery.FIRST + 2 * HORIZON
    # WHEN dates are asked
    # THEN the refusal says how many days are needed
    with pytest.raises(TrainingError, match="at least 84 days are needed"):
        FAMILY_MODEL.dates(grocery.source(), early, PARAMETERS)


def test_purchases_after_the_day_change_no_feature():
    # GIVEN the grocer's lines up to a day, and all of them
    day = grocery.LAST - HORIZON
    rows = grocery.records()
    end = datetime(day.year, day.month, day.day, tzinfo=UTC)
    before = rows | {"order_lines": [r for r in rows["order_lines"] if r["ordered_at"] < end]}
    # WHEN features are made as of the day
    early = frames.known(FAMILY_MODEL, grocery.source(before), day, PARAMETERS)
    late = frames.known(FAMILY_MODEL, grocery.source(rows), day, PARAMETERS)
    # THEN they are the same
    pd.testing.assert_frame_equal(early, late)


def test_a_training_sample_is_of_customers_and_always_the_same():
    # GIVEN a bound on customers
    few = PARAMETERS.model_copy(update={"customers_per_date": 7})
    day = grocery.LAST - HORIZON
    # WHEN rows to learn from are made twice
    first, second = (frames.history(FAMILY_MODEL, grocery.source(), [day], few, 0) for _ in range(2))
    # THEN they are of so many customers, with all their candidates
    assert first[ENTITY].nunique() == 7
    pd.testing.assert_frame_equal(first, second)


def test_a_holdout_keeps_what_no_candidate_held(run):
    # GIVEN the hold-out of the run
    holdout = featureset.read(run.features, "holdout")
    # WHEN rows without features are looked at
    missed = holdout[holdout["affinity"].isna()]
    # THEN each is a purchase, and no pair is there twice
    assert (missed[LABEL] == 1).all()
    assert not holdout.duplicated([ENTITY, ITEM]).any()


def test_the_candidate_is_above_every_floor(evaluation):
    # GIVEN an evaluation beside the floors
    # WHEN it is judged
    verdict = judge(FAMILY_MODEL.spec.gates, evaluation)
    # THEN it is accepted, and its interval holds its value
    assert verdict.accepted, verdict.reasons
    interval = evaluation.intervals[CANDIDATE]["ndcg_at_10"]
    assert interval.low <= evaluation.metrics[CANDIDATE]["ndcg_at_10"] <= interval.high


def test_a_champion_is_judged_on_the_same_holdout(evaluation):
    # GIVEN the same model as champion
    # WHEN both were evaluated
    # THEN they reach the same
    assert evaluation.metrics["champion"] == evaluation.metrics[CANDIDATE]


def test_what_is_called_a_probability_is_one(run):
    # GIVEN the hold-out
    holdout = featureset.read(run.features, "holdout").dropna(subset=["affinity"])
    # WHEN chances are held against what was bought
    slope = calibration_slope(holdout[LABEL].to_numpy(), run.model.predict(holdout))
    # THEN they are neither much too sure nor much too timid
    assert 0.7 < slope < 1.4


def test_the_same_rows_and_seed_give_the_same_model(run):
    # GIVEN the run's training rows
    train, context = featureset.read(run.features, "train"), featureset.read_context(run.features)
    parameters = FAMILY_MODEL.parameters(featureset.about(run.features).parameters)
    holdout = featureset.read(run.features, "holdout")
    # WHEN they are learned from again
    again = FAMILY_MODEL.fit(train, parameters, 0, context)
    # THEN the model says the same
    np.testing.assert_array_equal(again.predict(holdout), run.model.predict(holdout))


def test_candidates_that_nobody_bought_teach_nothing(run):
    # GIVEN rows without a purchase
    train = featureset.read(run.features, "train").assign(label=0.0)
    # WHEN learned from
    # THEN it is refused
    with pytest.raises(TrainingError, match="nothing can be learned"):
        FAMILY_MODEL.fit(train, PARAMETERS, 0, featureset.read_context(run.features))


def test_too_little_memory_is_refused_before_anything_is_made():
    # GIVEN a machine with a megabyte
    # WHEN the grocer is to be learned
    # THEN the refusal says how much is needed, and what to change
    with pytest.raises(TrainingError, match=r"recommendations need .* larger instance"):
        capacity.check(grocery.source(), grocery.LAST, PARAMETERS, limit=1 << 20)


def test_no_customer_is_in_the_artifact(run):
    # GIVEN the files of the model
    # WHEN a customer's id is looked for in their bytes
    holding = [p.name for p in run.folder.iterdir() if b"c117" in p.read_bytes() or b"v117" in p.read_bytes()]
    # THEN none holds it
    assert holding == []


def test_profiles_are_in_the_specs_shape_and_the_shops_comes_first(run):
    # GIVEN the rows to score
    score = featureset.read(run.features, "score")
    # WHEN profiles are made
    made = list(run.model.profiles(score))
    # THEN the first is the shop's, then one of each customer, chances falling
    assert made[0][0] == SHOP
    assert [entity for entity, _ in made[1:]] == sorted(score[ENTITY].unique())
    for _, document in made:
        profile = Profile.model_validate(document)
        chances = [one.probability for one in profile.own]
        assert chances == sorted(chances, reverse=True)


def test_golden_requests_hold_every_question_and_are_answered_alike_again(run):
    # GIVEN golden requests of the evaluation
    golden = golden_requests(artifact.read(run.folder), featureset.read(run.features, "score"))
    # WHEN their instances are asked again
    instances = [Instance.model_validate(one["instance"]) for one in golden]
    again: list[Score] = list(run.model.respond(instances))
    # THEN the answers are the recorded ones, of every kind
    assert [a.model_dump(mode="json") for a in again] == [one["answer"] for one in golden]
    assert {i.question["question"] for i in instances} == {
        "for_you", "next", "buy_again", "rerank", "also_bought", "also_viewed", "similar", "bundles", "trending",
    }  # fmt: skip
