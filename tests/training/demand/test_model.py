"""The demand model: better than the floors, calibrated, the same again, sane at the edges, and refused bad data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.families.demand.answer import LEVELS
from commerce.model import DataWindow
from tests.training.demand import shop
from tests.training.demand.shop import AS_OF, ORIGIN, line, source
from training import artifact, frames
from training.contract import TrainingError
from training.demand import FAMILY_MODEL
from training.demand.features import FIELDS
from training.demand.mean import random_folds, time_folds


def metrics(run, predicted):
    """What the family says of predictions for the hold-out."""
    outcome, judged = FAMILY_MODEL.judged(run.holdout, {"one": predicted}, run.parameters)
    return FAMILY_MODEL.measure(outcome, judged["one"])


def test_it_forecasts_better_than_the_floors(run):
    # GIVEN
    floors = FAMILY_MODEL.floors(run.train, run.holdout, run.parameters, 0)
    # WHEN
    ours = metrics(run, run.model.predict(run.holdout))
    # THEN
    assert all(ours["pinball"] < metrics(run, predicted)["pinball"] for predicted in floors.values())
    assert set(floors) == {"seasonal_naive", "moving_average", "lightgbm_default"}
    assert ours["coverage_error"] < 0.1
    assert abs(ours["bias"]) < 0.15


def test_quantiles_rise_and_are_whole_and_not_negative(run):
    # GIVEN a shop that sells whole units
    # WHEN
    predicted = run.model.predict(run.score)
    # THEN
    quantiles = predicted[:, 1:]
    assert predicted.shape == (len(run.score), 1 + len(LEVELS))
    assert (np.diff(quantiles, axis=1) >= 0).all() and (predicted >= 0).all()
    assert (quantiles == np.round(quantiles)).all()


def test_promoted_weeks_are_expected_to_sell_more(run):
    # GIVEN a product whose second week is promoted
    rows = run.score.query("entity_id == 'promoted' and location_id == 'north'")
    # WHEN
    mean = run.model.predict(rows)[:, 0]
    # THEN
    assert mean[1] > 1.5 * mean[0]


def test_the_same_rows_and_seed_give_the_same_model(run):
    # GIVEN
    # WHEN
    again = FAMILY_MODEL.fit(run.train, run.parameters, seed=0)
    # THEN
    assert np.array_equal(again.predict(run.holdout), run.model.predict(run.holdout))


def test_a_row_is_predicted_alike_alone_and_among_others(run):
    # GIVEN
    few = run.score.sample(9, random_state=1)
    # WHEN
    alone = np.vstack([run.model.predict(few.iloc[[i]]) for i in range(len(few))])
    # THEN
    assert np.array_equal(alone, run.model.predict(few))


def test_a_saved_model_predicts_the_same(run, tmp_path):
    # GIVEN
    window = DataWindow(first_as_of=shop.FIRST, last_as_of=AS_OF, rows=len(run.train), entities=6)
    # WHEN
    card = artifact.write(tmp_path, FAMILY_MODEL, run.model, as_of=AS_OF, parameters=run.parameters, window=window)
    loaded = artifact.read(tmp_path)
    # THEN
    assert np.array_equal(loaded.model.predict(run.holdout), run.model.predict(run.holdout))
    assert {"pinball", "coverage_error"} <= set(card.metrics)
    assert {"mean.txt", "nodes/mean.txt"} <= set(card.files)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".txt", ".json"}


_VALUES = st.one_of(st.just(0.0), st.just(float("nan")), st.floats(0, 1e6))


@settings(max_examples=25, deadline=None)
@given(st.lists(_VALUES, min_size=len(FIELDS), max_size=len(FIELDS)), st.integers(1, 4))
def test_any_series_gets_a_distribution(run, values, step):
    # GIVEN a row with whatever may be in it, nothing included
    row = pd.DataFrame([dict(zip((f.name for f in FIELDS), values, strict=True))])
    row = row.assign(entity_id="x", location_id="*", step=step, as_of=AS_OF)
    # WHEN
    predicted = run.model.predict(row)
    # THEN
    assert np.isfinite(predicted).all() and (predicted >= 0).all()
    assert (np.diff(predicted[0, 1:]) >= 0).all()


def test_series_of_one_sale_or_none_lately_are_expected_to_sell_little(run):
    # GIVEN a product sold once last week, and one sold once ten months ago
    lines = [line("one", ORIGIN - shop.timedelta(days=3), 1), line("quiet", ORIGIN - shop.timedelta(days=300), 1)]
    # WHEN
    rows = frames.known(FAMILY_MODEL, source(order_lines=lines), AS_OF, run.parameters)
    predicted = run.model.predict(rows)
    # THEN
    one, quiet = (predicted[rows["entity_id"].to_numpy() == name] for name in ("one", "quiet"))
    assert one[:, 0].max() < 5 and quiet[:, 0].max() < 0.5
    assert (quiet[:, 1 + LEVELS.index(0.5)] == 0).all()


def test_one_product_with_a_short_history_is_enough(run):
    # GIVEN the rows of one series alone, sold by weight
    few = run.train.query("entity_id == 'steady' and location_id == 'north'")
    few = few.assign(label=few["label"] * 1.1)
    # WHEN
    model = FAMILY_MODEL.fit(few, run.parameters, seed=0)
    predicted = model.predict(few)
    # THEN
    assert model.notes
    assert predicted[:, 0].mean() == pytest.approx(few["label"].mean(), rel=0.1)
    assert (predicted[:, 1] > 5).all() and (predicted[:, -1] < 100).all()
    assert (predicted[:, 1:] % 1 > 0).any()


@pytest.mark.parametrize("change", [lambda t: t.head(12), lambda t: t.assign(label=0.0), lambda t: t.head(0)])
def test_without_enough_sales_it_says_what_to_do(run, change):
    # GIVEN rows that are too few, or in which nothing was sold
    spoiled = change(run.train)
    # WHEN
    with pytest.raises(TrainingError) as caught:
        FAMILY_MODEL.fit(spoiled, run.parameters, seed=0)
    # THEN
    assert "too few to learn from" in str(caught.value) and "by_location = false" in str(caught.value)


def test_rows_of_another_version_are_refused_by_what_they_lack(run):
    # GIVEN
    spoiled = run.holdout.drop(columns="mean_fast")
    # WHEN
    # THEN
    with pytest.raises(TrainingError, match="lacks mean_fast"):
        run.model.predict(spoiled)


def test_rows_are_not_predicted_from_outcomes_that_overlap():
    # GIVEN weekly origins with a horizon of two weeks
    origins = np.array([shop.FIRST + shop.timedelta(days=7 * k) for k in range(12)], dtype=object)
    horizon = shop.timedelta(days=14)
    # WHEN
    folds = list(time_folds(origins, horizon))
    # THEN every origin is held once, at least a horizon from all that is learned from
    assert sum(held.astype(int) for _, held in folds).tolist() == [1] * 12
    for fitted, held in folds:
        assert min(abs(a - b) for a in origins[fitted] for b in origins[held]) >= horizon


def test_random_folds_keep_a_series_together():
    # GIVEN ten series of three rows
    series = np.repeat(np.arange(10), 3)
    # WHEN
    folds = list(random_folds(series, seed=0))
    # THEN
    assert sum(held.astype(int) for _, held in folds).tolist() == [1] * 30
    assert not any(set(series[fitted]) & set(series[held]) for fitted, held in folds)
