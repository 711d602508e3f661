"""A shop that launches products now and then: what is listed and not sold yet is foreseen by what its likes sell."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from commerce.families.demand import DemandForecast
from tests.training.demand.shop import AS_OF, ORIGIN, line, source
from training import frames
from training.demand import FAMILY_MODEL
from training.demand.features import KEYS

RATES = {"tea": 2.0, "milk": 24.0}
"""Units a week that a product of the category sells in a store of usual size."""
SIZES = {"north": 2.0, "south": 1.0}
WEEKS = 44
APART = 2
"""Weeks between two launches; each product is listed a week and more before its first sale."""
LAUNCHED = {f"{category}-{k}": (category, k) for k in range(2, WEEKS - 6, APART) for category in RATES}
"""Of a product its category, and how many weeks before the origin its first sale was."""
FRESH = {f"{category}-0": (category, 0) for category in RATES}
PARAMETERS = FAMILY_MODEL.parameters({"horizon": 1})


def ago(weeks: int) -> date:
    """A Monday."""
    return ORIGIN - timedelta(days=7 * weeks)


@pytest.fixture(scope="module")
def launched() -> tuple[dict[str, DemandForecast], float]:
    """What is published, of two products listed in the week before the origin too, and what an average series sells."""
    rng = np.random.default_rng(0)
    old = {f"{category}-old-{k}": (category, WEEKS) for category in RATES for k in range(3)}
    lines, products = [], []
    for product, (category, begun) in (old | LAUNCHED | FRESH).items():
        rate = RATES[category] * rng.uniform(0.7, 1.4)
        since = line(product, ago(begun + 1) - timedelta(days=7 * (product in old)), 1)["ordered_at"]
        products.append({"product_id": product, "updated_at": since, "currency": "EUR", "category": category})
        lines += [
            line(product, ago(week), units, store)
            for store, size in SIZES.items()
            for week in range(1, begun + 1)
            if (units := rng.poisson(rate * size))
        ]
    tables = source(order_lines=lines, products=products)
    origins = tuple(ago(week) for week in range(24, 4, -4))
    lessons = FAMILY_MODEL.lessons(tables, [*origins, AS_OF], PARAMETERS)
    rows = pd.concat([frames.taught(FAMILY_MODEL, lesson, PARAMETERS) for lesson in lessons]).query("members == 0")
    train = rows[rows["as_of"] != AS_OF].reset_index(drop=True)
    score = rows[rows["as_of"] == AS_OF].sort_values(list(KEYS), ignore_index=True)
    published = FAMILY_MODEL.fit(train, PARAMETERS, seed=0).published(score)
    return dict(published), float(score["shop_peer"].max())


@pytest.mark.parametrize("category", RATES)
def test_what_was_never_sold_is_foreseen_by_its_likes(launched, category):
    # GIVEN a product that is listed and not sold, of a category unlike the whole shop
    answers, average = launched
    # WHEN
    forecast = answers[f"{category}-0"]
    # THEN what is expected in each store is nearer to what its category sells there than nothing or the shop's average
    places = {place.location_id: place.periods for place in forecast.locations}
    assert set(places) == set(SIZES)
    for store, size in SIZES.items():
        truth = RATES[category] * size
        for period in places[store]:
            assert abs(period.mean - truth) < min(truth, abs(average - truth))
            assert period.quantiles[0] < truth < period.quantiles[-1]


@pytest.mark.parametrize("category", RATES)
def test_reasons_say_that_it_has_not_sold_and_what_its_likes_do(launched, category):
    # GIVEN
    answers, _ = launched
    # WHEN
    first, last = answers[f"{category}-0"].reasons
    # THEN they are of both stores
    assert first.text.startswith("not sold yet; an average product of its category sells ")
    assert first.contribution == pytest.approx(RATES[category] * sum(SIZES.values()), rel=0.25)
    assert last.text == f"forecast {first.contribution + last.contribution:.1f} a week"
