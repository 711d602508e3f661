"""A whole run of accounts on simulated payments, as the container runs it; and what is said where little is known."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial

import numpy as np
import pytest

from commerce.evaluation import CANDIDATE, CHAMPION, Evaluation
from commerce.families.accounts.answer import AccountsAnswer
from commerce.families.accounts.parameters import AccountsParameters
from commerce.readiness import Readiness
from commerce.scores import StoredScore
from lake import Lake
from lake.simulators.ordering import OrderAssumptions, orders
from lake.simulators.paying import PaymentAssumptions
from lake.simulators.payments import payments
from lake.simulators.people import PeopleAssumptions
from tests.training.test_entrypoints import learned, step
from training import artifact, featureset
from training.accounts import FAMILY_MODEL, dates
from training.contract import LABEL, TrainingError
from training.entrypoints import evaluate
from training.metrics import bootstrap

START = date(2025, 1, 1)
DAYS = 91
AS_OF = START + timedelta(days=DAYS)
PARAMETERS = json.dumps({"horizon_days": 14, "label_delay_days": 10})
ASSUMED = PaymentAssumptions(
    people=PeopleAssumptions(customers=500), ring_per_1000=500.0, ring_payments=3.0, unreported=0.0
)
"""More rings than are assumed by default, so that few payments hold enough of them."""


@pytest.fixture(scope="module")
def simulated():
    return payments(ASSUMED, days=DAYS, seed=3, start=START)


@pytest.fixture(scope="module")
def rings(simulated):
    """Accounts that are a ring's."""
    customers = simulated.tables["payments"]["customer_id"].to_pylist()
    return {c for c, pattern in zip(customers, simulated.patterns.to_pylist(), strict=True) if pattern == "ring"}


@pytest.fixture(scope="module")
def made(simulated, tmp_path_factory):
    """ML roots by step, of few training dates and draws for intervals, judged against itself as champion."""
    root = tmp_path_factory.mktemp("accounts")
    lake = Lake.open(root)
    for name, rows in (dict(simulated.tables) | orders(simulated, OrderAssumptions(), seed=3)).items():
        lake.write(name, rows)
    roots = {name: tmp_path_factory.mktemp(name) for name in ("prepare", "train", "evaluate", "score")}
    values = {"FAMILY": "accounts", "AS_OF": AS_OF.isoformat(), "PARAMETERS": PARAMETERS, "LAKE": str(root)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "MOST_DATES", 2)
        patch.setattr(evaluate, "bootstrap", partial(bootstrap, draws=10))
        assert step("prepare", roots["prepare"], **{f"SHOPKEEPER_{name}": value for name, value in values.items()}) == 0
        text = (roots["prepare"] / "processing/output/readiness/readiness.json").read_text()
        assert Readiness.model_validate_json(text).ready, text
        learned(roots, family="accounts", as_of=AS_OF.isoformat(), parameters=PARAMETERS)
    return roots


@pytest.fixture(scope="module")
def answers(made):
    """Published answers by account."""
    paths = sorted((made["score"] / "processing/output/scores").glob("*.jsonl"))
    stored = [StoredScore.model_validate_json(line) for path in paths for line in path.read_text().splitlines()]
    return {each.entity_id: AccountsAnswer.model_validate(each.answer) for each in stored}


def test_a_run_learns_from_the_group_what_the_accounts_own_history_does_not_tell(made):
    # GIVEN the evaluation of a whole run
    path = made["evaluate"] / "processing/output/evaluation/evaluation.json"
    # WHEN
    found = Evaluation.model_validate_json(path.read_bytes())
    # THEN the champion, which is the same, reaches the same, and the account's own history alone reaches less
    assert found.metrics[CANDIDATE] == found.metrics[CHAMPION]
    assert set(found.floors) == {"own_frauds", "lr", "own_history", "lightgbm_default"}
    assert found.metrics[CANDIDATE]["ap"] > found.metrics["own_history"]["ap"] + 0.05
    assert found.unjudged is None


def test_accounts_of_rings_get_flags_and_hardly_any_others_do(answers, rings):
    # GIVEN published answers
    flagged = {
        who: {flag.name for flag in answer.flags} & {"multi_account", "coupon_abuse"} for who, answer in answers.items()
    }
    # WHEN accounts of rings are told from others
    of_rings, others = ([bool(flagged[who]) for who in answers if (who in rings) == ring] for ring in (True, False))
    # THEN most of the former are flagged, and few of the latter
    assert np.mean(of_rings) > 0.7
    assert np.mean(others) < 0.06


def test_an_answer_names_no_other_customer(answers):
    # GIVEN published answers WHEN each is read as text THEN no customer's id is in it
    assert all("customer-" not in answer.model_dump_json() for answer in answers.values())
    assert any(answer.group for answer in answers.values())


def test_reasons_and_probabilities_are_in_words_and_in_bounds(answers):
    # GIVEN published answers WHEN the most likely is looked at THEN it says what speaks for it
    most = max(answers.values(), key=lambda answer: answer.probability or 0.0)
    assert (most.source, most.horizon_days) == ("model", 14)
    assert most.probability is not None and most.probability > 0.2
    assert most.reasons and all(reason.contribution > 0 for reason in most.reasons)


def test_a_saved_model_predicts_as_it_did(made, tmp_path):
    # GIVEN the artifact of the run
    loaded = artifact.read(made["train"] / "model").model
    holdout = featureset.read(made["prepare"] / "processing/output/features", "holdout")
    # WHEN it is saved and read again
    loaded.save(tmp_path)
    again = FAMILY_MODEL.load(tmp_path, FAMILY_MODEL.parameters(json.loads(PARAMETERS)))
    # THEN it predicts the same
    np.testing.assert_array_equal(again.predict(holdout), loaded.predict(holdout))


def test_at_a_cold_start_there_are_flags_and_no_probability(made, tmp_path):
    # GIVEN rows of which no fraud is known
    features = made["prepare"] / "processing/output/features"
    train, score = featureset.read(features, "train").assign(**{LABEL: 0.0}), featureset.read(features, "score")
    # WHEN it is learned from them, saved and read again
    model = FAMILY_MODEL.fit(train, AccountsParameters(), 0)
    assert model.save(tmp_path).notes
    cold = FAMILY_MODEL.load(tmp_path, AccountsParameters())
    # THEN answers have flags alone and say so, and the version is released while no better is live
    found = cold.answers(score)
    assert {(answer.source, answer.probability) for answer in found} == {("cold_start", None)}
    assert any(answer.flags for answer in found)
    assert "cold start" in (FAMILY_MODEL.unjudged(cold, None) or "")
    assert FAMILY_MODEL.unjudged(cold, artifact.read(made["train"] / "model").model) is None


def test_features_of_another_version_are_refused_by_name(made):
    # GIVEN rows without a feature
    score = featureset.read(made["prepare"] / "processing/output/features", "score").drop(columns="rest_frauds")
    # WHEN they are to be scored THEN it says what is missing
    with pytest.raises(TrainingError, match="rest_frauds"):
        artifact.read(made["train"] / "model").model.predict(score)


@pytest.mark.parametrize("first", [None, AS_OF - timedelta(days=139)])
def test_too_short_a_history_says_how_long_it_has_to_be(first):
    # GIVEN payments of a day less than is needed, or none WHEN dates are made THEN the error says how many it takes
    with pytest.raises(TrainingError, match="140 days of payments"):
        dates.schedule(first, AS_OF, AccountsParameters())


def test_no_outcome_belongs_to_two_dates():
    # GIVEN two years of payments
    found = dates.schedule(AS_OF - timedelta(days=730), AS_OF, AccountsParameters())
    # WHEN the dates are looked at
    gaps = np.diff([day.toordinal() for day in (*found.train, *found.holdouts, found.score)])
    # THEN training dates are a horizon apart, and hold-out and scoring wait for labels as well
    assert set(gaps[:-2]) == {28} and list(gaps[-2:]) == [42, 42] and len(found.train) == dates.MOST_DATES
