"""Forecasts as they are published: one per product, in words, and small enough to be stored."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from commerce.families.demand.answer import EVERYWHERE, LEVELS
from commerce.families.demand.nodes import is_node
from commerce.families.demand.responses import Drivers
from tests.training.demand.shop import AS_OF, ORIGIN, RATES, STORES
from training.demand import FAMILY_MODEL
from training.demand.answers import MOST_BYTES, forecast
from training.demand.responses import Responses


def test_a_product_has_one_forecast_of_all_its_stores_and_weeks(run):
    # GIVEN
    # WHEN
    published = dict(run.model.published(run.score))
    # THEN
    assert sorted(name for name in published if not is_node(name)) == sorted(RATES)
    for answer in (published[name] for name in RATES):
        assert (answer.source, answer.as_of, answer.frequency) == ("model", AS_OF, "week")
        assert [place.location_id for place in answer.locations] == [EVERYWHERE, *STORES]
        assert [place.total for place in answer.locations] == [True, False, False, False]
        for place in answer.locations:
            assert [p.starts_on for p in place.periods] == [ORIGIN + timedelta(days=7 * k) for k in range(4)]


def test_published_and_single_answers_agree_but_for_what_makes_a_shop_add_up(run):
    # GIVEN the row of a store's third week
    row = run.score.query("entity_id == 'steady' and location_id == 'south' and step == 3")
    # WHEN
    (alone,) = run.model.answers(row)
    whole = dict(run.model.published(run.score))["steady"]
    # THEN
    (one,), other = alone.locations[0].periods, whole.locations[2].periods[2]
    assert one.starts_on == other.starts_on
    assert one.mean == pytest.approx(other.mean, rel=0.2)


def test_reasons_say_what_sold_what_is_planned_and_what_it_adds(run):
    # GIVEN a product that is promoted in the second week
    # WHEN
    reasons = dict(run.model.published(run.score))["promoted"].reasons
    # THEN
    lately, promoted, last = reasons[0], next(r for r in reasons if r.text.startswith("promoted")), reasons[-1]
    assert lately.text == f"sold {lately.contribution:.1f} a week lately"
    assert promoted.text == f"promoted in the week of 2025-07-07; {promoted.contribution:.1f} more in promoted weeks"
    assert last.text == f"forecast {lately.contribution + last.contribution:.1f} a week"


def test_locations_that_sell_least_are_left_out_of_a_forecast_too_large_to_store(run):
    # GIVEN a product in 2,000 stores, of which the later ones sell more
    row = run.score.head(1)
    stores = [f"store {k:04d}" for k in range(2000)]
    many = pd.concat([row] * len(stores), ignore_index=True).assign(location_id=stores)
    predicted = np.arange(2000)[:, None] + np.linspace(1, 2, 1 + len(LEVELS))
    # WHEN
    answer = forecast(many, predicted, FAMILY_MODEL.parameters({"horizon": 4}), Responses(Drivers(), {}, {}, {}))
    # THEN
    assert 0.8 * MOST_BYTES < len(answer.model_dump_json()) <= MOST_BYTES
    kept = [place.location_id for place in answer.locations]
    assert kept == stores[-len(kept) :]
    assert answer.reasons[-1].text.startswith(f"{2000 - len(kept)} of 2000 locations are left out")


def test_a_regressor_that_nobody_foresaw_is_named(run):
    # GIVEN rows whose only regressor has no value ahead
    row = run.score.head(1)
    predicted = np.ones((1, 1 + len(LEVELS)))
    parameters = FAMILY_MODEL.parameters({"horizon": 4, "regressors": ["temperature"]})
    # WHEN it is there, and when it is not
    foreseen, unknown = (
        forecast(each, predicted, parameters, Responses(Drivers(), {}, {}, {}))
        for each in (row.assign(regressor_1=20.0), row)
    )
    # THEN
    said = "not known for all periods ahead: temperature"
    assert said in [reason.text for reason in unknown.reasons]
    assert said not in [reason.text for reason in foreseen.reasons]
