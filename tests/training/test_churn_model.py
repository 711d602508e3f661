"""The churn model: learns, stays calibrated across seasons, explains itself, survives the disk, refuses bad data."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.model import DataWindow
from lake import Lake
from tests.training.conftest import LAST
from training import artifact, frames
from training.churn.blend import sigmoid
from training.churn.dates import schedule, training_dates
from training.churn.season import Season, fit_season, solve_level, time_of_year_distance
from training.contract import TrainingError
from training.registry import model_family

FAMILY = model_family("churn")
PARAMETERS = FAMILY.parameters({"horizon_days": 60})


@pytest.fixture(scope="module")
def learned(shop):
    """(train, holdout, model) of the made-up shop."""
    lake = Lake.open(shop)
    cut = FAMILY.dates(lake, LAST, PARAMETERS)
    train = frames.history(FAMILY, lake, cut.train[::3], PARAMETERS, seed=0)
    assert cut.holdouts
    holdout = frames.labelled(FAMILY, lake, cut.holdouts[0], PARAMETERS)
    return train, holdout, FAMILY.fit(train, PARAMETERS, seed=0)


def test_it_ranks_and_calibrates_better_than_recency(learned):
    # GIVEN
    train, holdout, model = learned
    outcome = holdout["label"].to_numpy()
    # WHEN
    ours = FAMILY.measure(outcome, model.predict(holdout))
    floor = FAMILY.measure(outcome, FAMILY.floors(train, holdout, PARAMETERS, 0)["recency"])
    # THEN
    assert ours["auc"] > floor["auc"]
    assert ours["brier"] < floor["brier"]
    assert 0.6 < ours["calibration_slope"] < 1.6


def test_the_same_rows_and_seed_give_the_same_model(learned):
    # GIVEN
    train, holdout, model = learned
    # WHEN
    again = FAMILY.fit(train, PARAMETERS, seed=0)
    # THEN
    assert np.array_equal(model.predict(holdout), again.predict(holdout))


def test_contributions_add_up_to_the_prediction(learned):
    # GIVEN
    _, holdout, model = learned
    # WHEN
    parts = model.contributions(holdout)
    # THEN
    np.testing.assert_allclose(sigmoid(parts.sum(axis=1)), model.predict(holdout), atol=1e-9)


def test_reasons_are_the_largest_contributions_in_words(learned):
    # GIVEN
    _, holdout, model = learned
    row = holdout.sort_values("recency").tail(1)
    # WHEN
    answer = model.answers(row)[0]
    # THEN
    sizes = [abs(reason.contribution) for reason in answer.reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert any(r.text.startswith(f"no order for {row['recency'].iloc[0]:.0f} days") for r in answer.reasons)
    assert answer.horizon_days == 60


def test_a_saved_model_predicts_the_same(learned, tmp_path):
    # GIVEN
    train, holdout, model = learned
    window = DataWindow(first_as_of=date(2024, 6, 1), last_as_of=LAST, rows=len(train), entities=600)
    # WHEN
    artifact.write(tmp_path, FAMILY, model, as_of=LAST, parameters=PARAMETERS, window=window)
    loaded = artifact.read(tmp_path)
    # THEN
    assert np.array_equal(loaded.model.predict(holdout), model.predict(holdout))
    assert loaded.parameters == PARAMETERS
    assert not list(tmp_path.glob("*.pkl"))


@pytest.mark.parametrize("name", ["trees.txt", "linear.json", "calibration.json"])
def test_a_damaged_artifact_is_refused_by_the_files_name(learned, tmp_path, name):
    # GIVEN
    train, _, model = learned
    window = DataWindow(first_as_of=date(2024, 6, 1), last_as_of=LAST, rows=len(train), entities=600)
    artifact.write(tmp_path, FAMILY, model, as_of=LAST, parameters=PARAMETERS, window=window)
    # WHEN
    (tmp_path / name).write_text((tmp_path / name).read_text() + " ")
    # THEN
    with pytest.raises(TrainingError, match=name):
        artifact.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.head(1), "too few"),
        (lambda t: t.assign(label=1.0), "both outcomes"),
        (lambda t: t.assign(label=0.0), "both outcomes"),
        (lambda t: t.drop(columns="recency"), "lacks recency"),
    ],
)
def test_rows_that_teach_nothing_are_refused_with_the_reason(learned, change, message):
    # GIVEN
    train, _, _ = learned
    # WHEN
    spoiled = change(train)
    # THEN
    with pytest.raises(TrainingError, match=message):
        FAMILY.fit(spoiled, PARAMETERS, seed=0)


def test_training_outcomes_are_known_on_the_day_of_the_holdout():
    # GIVEN
    first, as_of, horizon = date(2023, 1, 1), date(2025, 1, 1), 60
    # WHEN
    cut = schedule(first, as_of, horizon)
    # THEN
    assert cut.holdouts == (as_of - timedelta(days=horizon),)
    assert max(cut.train) + timedelta(days=horizon) == cut.holdouts[0]
    assert min(cut.train) >= first + timedelta(days=180)


def test_a_short_history_says_what_it_lacks():
    # GIVEN
    first = date(2025, 1, 1)
    # WHEN
    holdout = first + timedelta(days=100)
    # THEN
    with pytest.raises(TrainingError, match="too short for a churn horizon of 90 days"):
        training_dates(first, holdout, 90)


def test_the_level_comes_from_the_same_season_a_year_before():
    # GIVEN a shop that everybody leaves in spring and nobody in autumn
    levels = {date(2023, 4, 1): 1.0, date(2023, 10, 1): -1.0, date(2024, 4, 1): 1.2, date(2024, 5, 1): 1.1}
    # WHEN
    level = Season(levels).level(date(2024, 10, 3))
    # THEN
    assert level == pytest.approx(-1.0)


def test_an_unseen_season_takes_the_latest_levels():
    # GIVEN
    season = Season({date(2024, 4, 1) + timedelta(days=14 * k): float(k) for k in range(4)})
    # WHEN
    level = season.level(date(2024, 11, 1))
    # THEN
    assert (season.seen(date(2024, 11, 1)), level) == (False, 2.0)


def test_a_short_sighted_date_is_carried_over_through_recency():
    # GIVEN two dates with the same churn given recency; the first saw 100 days only
    rng = np.random.default_rng(0)
    recency = np.concatenate([rng.uniform(0, 100, 4000), rng.uniform(0, 365, 8000)])
    dates = np.array([date(2024, 1, 1)] * 4000 + [date(2025, 1, 1)] * 8000)
    margin = recency / 100
    y = (rng.random(12000) < sigmoid(margin - 1)).astype(float)
    # WHEN the first date's margins are distorted, as short histories distort them
    margin[:4000] += 2.0
    season = fit_season(margin, y, dates, recency, {dates[0]: 100.0, dates[-1]: 465.0}, full=365)
    # THEN
    assert season.levels[date(2024, 1, 1)] == pytest.approx(-1.0, abs=0.15)
    assert season.levels[date(2025, 1, 1)] == pytest.approx(-1.0, abs=0.15)


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=30), st.floats(0.01, 0.99))
def test_the_level_makes_the_mean_probability_the_rate(margins, rate):
    # GIVEN
    margin = np.array(margins)
    # WHEN
    level = solve_level(margin, rate)
    # THEN
    assert sigmoid(margin + level).mean() == pytest.approx(rate, abs=1e-6)


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_times_of_the_year_are_at_most_half_a_year_apart(a, b):
    # GIVEN two days
    # WHEN
    apart = time_of_year_distance(a, b)
    # THEN
    assert 0 <= apart <= 183
    assert apart == time_of_year_distance(b, a)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_metrics_of_a_perfect_forecaster_say_so(seed):
    # GIVEN outcomes drawn from known probabilities
    rng = np.random.default_rng(seed)
    probability = rng.uniform(0.02, 0.98, 4000)
    # WHEN
    metrics = FAMILY.measure((rng.random(4000) < probability).astype(float), probability)
    # THEN
    assert metrics["calibration_slope"] == pytest.approx(1, abs=0.2)
    assert metrics["brier"] < 0.25


def _contracts(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    monthly = rng.random(n) < 0.5
    label = (rng.random(n) < np.where(monthly, 0.6, 0.1)).astype(float)
    traits = [
        f'{{"contract": "{"monthly" if m else "yearly"}", "charge": {c:.1f}}}'
        for m, c in zip(monthly, rng.uniform(10, 90, n), strict=True)
    ]
    return pd.DataFrame(
        {"entity_id": [str(i) for i in range(n)], "as_of": date(2025, 1, 1), "label": label, "traits": traits}
    )


def test_a_contract_business_learns_from_traits_and_says_which():
    # GIVEN customers whose contract decides
    parameters = FAMILY.parameters({"target": "contract"})
    train, holdout = _contracts(1500, 0), _contracts(500, 1)
    # WHEN
    model = FAMILY.fit(train, parameters, seed=0)
    answers = model.answers(holdout)
    # THEN
    assert FAMILY.measure(holdout["label"].to_numpy(), model.predict(holdout))["auc"] > 0.7
    assert {a.reasons[0].text for a in answers} == {"contract: monthly", "contract: yearly"}
    assert answers[0].horizon_days is None


def test_customers_without_traits_are_refused_with_advice():
    # GIVEN
    train = _contracts(300, 0).assign(traits="{}")
    # WHEN
    parameters = FAMILY.parameters({"target": "contract"})
    # THEN
    with pytest.raises(TrainingError, match=r"customers\.traits"):
        FAMILY.fit(train, parameters, seed=0)
