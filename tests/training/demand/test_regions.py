"""Regions: sums of the series in the stores that counted in them as it was known at the origin."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest

from commerce.families.demand import DemandParameters
from tests.training.demand.shop import FIRST, ORIGIN, line, located, source
from training.contract import AS_OF
from training.demand import FAMILY_MODEL, features, hierarchy, lessons
from training.demand.features import KEYS
from training.demand.origins import Origins
from training.frames import taught

EARLIER = ORIGIN - timedelta(days=14)
SOLD = [
    ("a", "north", 1),
    ("b", "north", 2),
    ("a", "south", 4),
    ("b", "south", 8),
    ("a", "west", 16),
    ("b", "west", 32),
]
SOLD += [("a", "kiosk", 64), ("a", "pier", 128), ("b", "pier", 256)]
"""Units by product and store, more each week; powers of two, so that every sum tells of which it is."""
REGIONS = [("north", FIRST, "Hills"), ("south", FIRST, "Hills"), ("west", FIRST, "Coast"), ("kiosk", FIRST, "Island")]
MOVED = ("south", ORIGIN - timedelta(days=10), "Coast")


def shop(*regions: tuple[str, date, str | None]):
    """Sales up to a week after `ORIGIN`, and what was said of the stores."""
    lines = [
        line(product, ORIGIN + timedelta(days=1 - 7 * week), units * (9 - week), store)
        for product, store, units in SOLD
        for week in range(9)
    ]
    return source(order_lines=lines, locations=[located(*each) for each in regions])


def frame(*regions: tuple[str, date, str | None]) -> pd.DataFrame:
    """Features at the origin, in the order of their keys."""
    found = features.features(shop(*regions), [ORIGIN], DemandParameters(horizon=1)).to_pandas()
    return found.sort_values(list(KEYS), ignore_index=True)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """What is learned from at both origins, between which a store was moved."""
    parameters = DemandParameters(horizon=1)
    made = lessons.lessons(shop(*REGIONS, MOVED), [EARLIER, ORIGIN], parameters, most_rows=1000)
    return pd.concat([taught(FAMILY_MODEL, lesson, parameters) for lesson in made], ignore_index=True)


@pytest.mark.parametrize(
    ("day", "stores"),
    [
        (EARLIER, {"Hills": ["north", "south"], "Coast": ["west"]}),
        (ORIGIN, {"Hills": ["north"], "Coast": ["south", "west"]}),
    ],
    ids=["before a store was moved", "after"],
)
def test_a_region_is_the_sum_of_the_stores_that_were_in_it_then(rows, day, stores):
    # GIVEN stores of two regions, of which one is moved, another is in none, and one that alone sells one product
    then = rows[rows[AS_OF] == day]
    series, above = then[then["members"] == 0], then[then["entity_id"].str.startswith("level:region:")]
    # WHEN the regions are looked at
    found = above.set_index("entity_id")[["members", "lag_1", "lag_4", "label", "region_number"]]
    # THEN there is none of a single series, and past and outcome of the others are those of their stores
    assert set(found.index) == {f"level:region:{region}" for region in stores}
    for region, names in stores.items():
        below = series[series["location_id"].isin(names)]
        own = found.loc[f"level:region:{region}"]
        assert own[["lag_1", "lag_4", "label"]].tolist() == below[["lag_1", "lag_4", "label"]].sum().tolist()
        assert own["members"] == len(below) == (series["region_number"] == own["region_number"]).sum()


@pytest.mark.parametrize(
    ("regions", "by_location"),
    [
        ([], True),
        ([("north", FIRST, None), ("south", FIRST, "")], True),
        ([("*", FIRST, "Hills")], True),
        (REGIONS, False),
    ],
    ids=["nothing is said", "none is named", "of the whole shop", "stores are not told apart"],
)
def test_where_no_region_is_known_series_are_placed_without_one(regions, by_location):
    # GIVEN stores of which no region is known, or that are not told apart
    origins = Origins.at([ORIGIN], DemandParameters())
    series = ibis.memtable([{"origin": origins.first.first, "product_id": "a", "location_id": "north"}])
    # WHEN their series are placed
    found = hierarchy.placed(series, shop(*regions), origins, by_location)
    # THEN there is no column of regions, of which nodes of them would be made
    assert set(found.columns) == {"origin", "product_id", "location_id", *hierarchy.LEVELS}


def test_rows_are_as_without_the_table_before_a_region_is_known():
    # GIVEN regions that are named from the origin on
    later = [(store, ORIGIN, region) for store, _, region in REGIONS]
    # WHEN
    found, without = frame(*later), frame()
    # THEN every row is that of a shop that says nothing of its stores, to the column
    assert "region_number" not in found and not found["entity_id"].str.startswith("level:region:").any()
    pd.testing.assert_frame_equal(found, without, check_exact=False, rtol=1e-12)


def test_what_is_said_of_a_store_from_the_origin_on_changes_nothing():
    # GIVEN regions as they were known, and stores moved, named and closed later
    later = [("south", ORIGIN, "Coast"), ("pier", ORIGIN, "Hills"), ("north", ORIGIN + timedelta(days=9), None)]
    # WHEN
    known, same = frame(*REGIONS), frame(*REGIONS, *later)
    # THEN
    pd.testing.assert_frame_equal(known, same, check_exact=False, rtol=1e-12)
    assert known["entity_id"].str.startswith("level:region:").any()
