"""What stands above the series: sums of them, known and outcome alike, and forecasts that add up."""

from __future__ import annotations

from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from commerce.families.demand.answer import EVERYWHERE
from tests.training.demand.shop import ORIGIN, RATES, REGIONS, STORES, line, source
from training import frames
from training.contract import TrainingError
from training.demand import FAMILY_MODEL, nodes

PRODUCTS = len(RATES)
CATEGORIES = {product[:4] for product in RATES}
SUMMED = ["lag_1", "mean_slow", "label"]


@pytest.fixture(scope="module")
def step(run):
    """The first step of the latest hold-out, and which of the shop's levels each row is of."""
    rows = run.holdout.query("step == 1 and as_of == as_of.max()").reset_index(drop=True)
    return rows.assign(kind=nodes.kinds(rows))


@pytest.fixture(scope="module")
def published(run):
    """Expected demand by entity and location of what is published of the whole shop, a row per period."""
    return {
        (name, place.location_id): np.array([period.mean for period in place.periods])
        for name, answer in run.model.published(run.score)
        for place in answer.locations
    }


def test_a_shop_has_its_levels_beside_its_series(step):
    # GIVEN a shop of one department and three stores in two regions, that sells every product in each
    # WHEN its rows are counted
    counts = step["kind"].value_counts().to_dict()
    # THEN every level is there, once
    series = PRODUCTS * len(STORES)
    assert counts == {
        "shop": 1,
        "region": len(set(REGIONS.values())),
        "department": 1,
        "location": len(STORES),
        "category": len(CATEGORIES),
        "product": PRODUCTS,
        "series": series,
    }
    assert step.query("kind == 'shop'")["members"].tolist() == [series]


@pytest.mark.parametrize(
    ("node", "below"),
    [
        ("entity_id == 'level:shop' and location_id == '*'", "kind == 'series'"),
        ("entity_id == 'level:department:food'", "kind == 'series'"),
        ("entity_id == 'level:region:Hills'", "kind == 'series' and location_id in ('north', 'south')"),
        ("entity_id == 'level:shop' and location_id == 'south'", "kind == 'series' and location_id == 'south'"),
        ("entity_id == 'level:category:slow'", "kind == 'series' and entity_id in ('slow', 'slower')"),
        ("entity_id == 'tea' and location_id == '*'", "kind == 'series' and entity_id == 'tea'"),
    ],
)
def test_what_is_known_of_a_node_and_its_outcome_are_sums_of_those_below(step, node, below):
    # GIVEN a node and the series below it, which all began on the same day
    (own,), members = step.query(node).to_dict("records"), step.query(below)
    # WHEN they are summed
    # THEN the node has these sums, and knows how many they are
    assert own["members"] == len(members) > 1
    whole = members["life"] == own["life"]
    known = SUMMED if whole.all() else ["lag_1", "label"]
    assert {name: own[name] for name in known} == pytest.approx({name: members[name].sum() for name in known})


def test_what_is_published_adds_up(published):
    # GIVEN forecasts of the whole shop
    series = {key: mean for key, mean in published.items() if key[1] != EVERYWHERE and key[0] in RATES}
    # WHEN those below a node are summed
    # THEN it is the node's own
    stores = {store: sum(mean for (_, place), mean in series.items() if place == store) for store in STORES}
    products = {name: sum(mean for (product, _), mean in series.items() if product == name) for name in RATES}
    found = {("level:shop", store): mean for store, mean in stores.items()}
    found |= {(name, EVERYWHERE): mean for name, mean in products.items()}
    found |= {("level:shop", EVERYWHERE): sum(stores.values())}
    found |= {
        (f"level:region:{region}", EVERYWHERE): sum(mean for store, mean in stores.items() if REGIONS[store] == region)
        for region in REGIONS.values()
    }
    found |= {("level:department:food", EVERYWHERE): sum(stores.values())}
    found |= {
        (f"level:category:{category}", EVERYWHERE): sum(mean for name, mean in products.items() if name[:4] == category)
        for category in CATEGORIES
    }
    assert set(published) == set(series) | set(found)
    for key, mean in found.items():
        np.testing.assert_allclose(published[key], mean, rtol=0, atol=1e-6)


def test_a_product_sold_without_a_store_has_no_total_and_newcomers_are_no_outcome():
    # GIVEN a product sold in a store and without one, and one in two stores that sells later where it never did
    ago = ORIGIN - timedelta(days=6)
    lines = [line("a", ago, 2, None), line("a", ago, 3, "north"), line("b", ago, 4), line("b", ago, 5, "south")]
    later = [line("a", ORIGIN, 7, "north"), line("b", ORIGIN, 1), line("b", ORIGIN, 50, "west")]
    parameters = FAMILY_MODEL.parameters({"horizon": 1})
    # WHEN
    found = frames.labelled(FAMILY_MODEL, source(order_lines=lines + later), ORIGIN, parameters)
    # THEN the former has no total, as a series of its own is in its place, and what was not forecast is no outcome
    rows = found.set_index(["entity_id", "location_id"])[["members", "lag_1", "label"]]
    assert rows.to_dict("index") == {
        ("a", "*"): {"members": 0, "lag_1": 2, "label": 0},
        ("a", "north"): {"members": 0, "lag_1": 3, "label": 7},
        ("b", "*"): {"members": 2, "lag_1": 9, "label": 1},
        ("b", "north"): {"members": 0, "lag_1": 4, "label": 1},
        ("b", "south"): {"members": 0, "lag_1": 5, "label": 0},
        ("level:shop", "*"): {"members": 4, "lag_1": 14, "label": 8},
        ("level:shop", "north"): {"members": 2, "lag_1": 7, "label": 8},
    }


def test_of_many_nodes_the_largest_levels_are_kept():
    # GIVEN nine products in two stores
    pairs = [(f"p{k}", store) for k in range(9) for store in ("north", "south")]
    series = pd.DataFrame(pairs, columns=["product_id", "location_id"])
    series = series.assign(
        origin=100, shop="", department="food", category="", location=series["location_id"], waited=np.nan
    )
    # WHEN room is for six, and again
    one, again = (nodes.of(ibis.memtable(series), most=6).to_pandas()[["product_id", "location_id"]] for _ in range(2))
    # THEN shop, department and stores are there, and some products, the same each time
    found = set(one.itertuples(index=False, name=None))
    above = {("level:shop", "*"), ("level:department:food", "*"), ("level:shop", "north"), ("level:shop", "south")}
    assert above < found and len(found) == 6
    assert found == set(again.itertuples(index=False, name=None))


def test_a_product_named_as_a_level_is_refused():
    # GIVEN
    rows = pd.DataFrame({"product_id": ["a", "level:shop"], "department": "", "category": "", "members": 0.0})
    # WHEN
    # THEN
    with pytest.raises(TrainingError, match="must not begin with 'level:', as 'level:shop' does"):
        nodes.numbered(rows)
