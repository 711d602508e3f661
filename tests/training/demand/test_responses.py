"""How demand answers to plans: the model's own grid, and elasticities told from the shop's own prices."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from commerce.families.demand import what_if
from commerce.families.demand.plan import WhatIf
from tests.training.demand.shop import FIRST, ORIGIN, STORES, line, promotion, source
from training.demand import FAMILY_MODEL, promotions
from training.demand.elasticity import elasticities, moves, prices
from training.demand.origins import Origins
from training.demand.responses import rising
from training.demand.sales import SERIES, sold

WEEKS = 60


@pytest.fixture(scope="module")
def published(run):
    return dict(run.model.published(run.score))


def test_what_the_shop_never_did_is_no_axis_of_the_answers(published):
    # GIVEN a shop that promoted with displays alone, everywhere, at one price
    drivers = published["promoted"].drivers
    # WHEN its answers are looked at
    # THEN displays are known up to all stores; of mailers, discounts and prices nothing is
    assert drivers.display[0] == 0 and drivers.display[-1] == 1
    assert (drivers.mailer, drivers.discount, drivers.elasticity) == ([0], [0], None)
    assert drivers.price == pytest.approx(2)


def test_a_promoted_product_responds_as_it_did_and_its_plan_is_told(published):
    # GIVEN a product that sells three times as much when it is promoted, as it is in the second week to come
    answer = published["promoted"]
    week = ORIGIN + timedelta(days=7)
    # WHEN the display of that week is taken away
    entry = {"starts_on": week, "ends_on": week + timedelta(days=6), "display": 0}
    without = what_if(WhatIf(product_id="promoted", plan=[entry]), answer)
    # THEN the forecast knew of it, and falls to about a third
    stores = [place for place in answer.locations if not place.total]
    assert [(p.starts_on, p.display) for place in stores for p in place.planned] == [(week, 1)] * len(STORES)
    changed = [place.periods[1] for place in without.locations]
    ratio = sum(p.planned.mean for p in changed) / sum(p.without.mean for p in changed)
    assert 1 / 4 < ratio < 1 / 2


@given(arrays(float, (3, 2, 3, 2), elements=st.floats(-3, 3)))
def test_more_of_a_promotion_never_lowers_demand(values):
    # GIVEN any grid
    # WHEN it is made to rise
    found = rising(values)
    # THEN it does along every axis, from 0, and what rises already is only shifted
    for axis in (1, 2, 3):
        assert (np.diff(found, axis=axis) >= -1e-9).all()
    assert found[:, 0, 0, 0] == pytest.approx(0)
    assert rising(found) == pytest.approx(found)


def shop(elasticity, seed=0, price_moves=0.2):
    """Two products whose log demand follows their price, by weeks; a display comes with a lower price and doubles it.

    How many other products sell goes up and down with the season, which moves all alike.
    """
    rng = np.random.default_rng(seed)
    lines, promoted = [], []
    for week in range(WEEKS):
        day = FIRST + timedelta(days=7 * week)
        season = 1 + 0.5 * math.sin(week / 8)
        lines += [line(f"other {k}", day, 1) for k in range(round(20 * season))]
        for product, usual in (("dear", 8.0), ("cheap", 1.0)):
            display = week % 6 == 3
            price = usual * math.exp(price_moves * (rng.normal() - 2 * display))
            units = 40 * season * (price / usual) ** elasticity * (2 if display else 1) * math.exp(0.05 * rng.normal())
            lines.append(line(product, day, units, total=Decimal(str(round(units * price, 4)))))
            if display:
                promoted.append(promotion(product, day, 7, display="front"))
    return source(order_lines=lines, promotions=promoted)


def told(tables):
    """`moves` of the shop as of its end, a row per product."""
    origins = Origins.at([FIRST + timedelta(days=7 * WEEKS)], FAMILY_MODEL.parameters({"horizon": 4}))
    sales = sold(tables, origins, by_location=True)
    series = sales.group_by(*SERIES).aggregate(life=(sales.age.max() + 1).cast("float64"))
    promoted = promotions.promoted(tables, origins, series, by_location=True)
    found = moves(sales, promoted, origins).to_pandas().sort_values("product_id", ignore_index=True)
    return found.rename(columns={"product_id": "entity_id"})


def test_an_elasticity_is_told_from_prices_and_not_from_the_displays_beside_them():
    # GIVEN prices that move by a fifth, and fall under displays that double demand by themselves
    rows = told(shop(elasticity=-1.5))
    # WHEN the elasticities are told
    found = dict(zip(rows["entity_id"], elasticities(rows), strict=True))
    # THEN those of both products, dear and cheap, are the shop's truth; without the displays it would be about -2.5
    assert found["dear"] == pytest.approx(-1.5, abs=0.15)
    assert found["cheap"] == pytest.approx(-1.5, abs=0.15)
    assert dict(zip(rows["entity_id"], prices(rows), strict=True))["other 0"] == pytest.approx(2)


def test_prices_that_hardly_moved_tell_nothing():
    # GIVEN a shop whose prices move by a thousandth
    rows = told(shop(elasticity=-1.5, price_moves=0.001))
    # WHEN
    # THEN
    assert elasticities(rows) is None


def test_a_higher_price_is_never_said_to_raise_demand():
    # GIVEN products that sold more when they were dear, as luxuries or by chance
    rows = told(shop(elasticity=1.0))
    # WHEN
    found = elasticities(rows)
    # THEN
    assert found is not None and (found <= 0).all() and found.max() == 0


def test_rows_to_learn_from_have_no_price_and_no_elasticity():
    # GIVEN rows without what answers are told with
    rows = pd.DataFrame({"entity_id": ["a", "b"]})
    # WHEN
    # THEN
    assert elasticities(rows) is None and np.isnan(prices(rows)).all()
