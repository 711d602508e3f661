"""Products that are listed and not sold yet: which are forecast where, from what was known, and how well."""

from __future__ import annotations

from datetime import date, timedelta

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from lake.keeping import keeping
from tests.training.demand.shop import AS_OF, ORIGIN, STORES, line, promotion, source
from training import frames
from training.contract import LABEL
from training.demand import FAMILY_MODEL, unsold
from training.demand.analogues import PLACES, told
from training.demand.design import LEAST_LEVEL, levels
from training.demand.features import FIELDS, features, sells
from training.demand.history import NEW_DAYS
from training.demand.origins import Origins
from training.demand.sales import by_period

WEEKS = FAMILY_MODEL.parameters({"horizon": 2})
WHOLE = FAMILY_MODEL.parameters({"horizon": 2, "by_location": False})
KEYS = ["entity_id", "location_id", "step"]


def ago(weeks: int) -> date:
    """The Tuesday of a week before the origin's; 1 is the last complete one."""
    return ORIGIN + timedelta(days=1 - 7 * weeks)


def listed(product: str, weeks: int, category: str | None = "tea", **changes: object) -> dict:
    """A row of the catalogue, valid since so many weeks ago."""
    at = line(product, ago(weeks), 1)["ordered_at"]
    row = {"product_id": product, "updated_at": at, "currency": "EUR", "department": "food", "category": category}
    return row | changes


LINES = [
    line(product, ago(k), units, store)
    for product, units, store in (("a", 4, "north"), ("b", 2, "south"), ("c", 8, "west"))
    for k in range(1, 10)
]
CATALOGUE = [listed("a", 50), listed("b", 40), listed("c", 40, "milk")]


def found(products: list[dict], parameters=WEEKS, lines: list[dict] = LINES, as_of: date = AS_OF) -> list[tuple]:
    """(product, location, waited) of what is unsold, as `unsold.among` has it."""
    tables, origins = source(order_lines=lines, products=products), Origins.at([as_of], parameters)
    with keeping() as hold:
        sales = by_period(tables, origins, parameters.by_location, origins.last.end)
        selling = hold(sells(sales, tables, origins, parameters))
        every = unsold.among(selling, sales, tables, origins, parameters, hold).to_pandas()
    rows = every[every["waited"].notna()]
    return sorted(rows[["product_id", "location_id", "waited"]].itertuples(index=False, name=None))


CASES: dict[str, tuple[set[str], list[dict]]] = {
    "of its category": ({"north", "south"}, [{"weeks": 2}]),
    "of its department": (set(STORES), [{"weeks": 2, "category": "coffee"}]),
    "without a category": (set(STORES), [{"weeks": 2, "category": None}]),
    "of nothing that sells": (set(), [{"weeks": 2, "category": "coffee", "department": "toys"}]),
    "just new": ({"north", "south"}, [{"weeks": NEW_DAYS // 7}]),
    "not new any more": (set(), [{"weeks": NEW_DAYS // 7 + 1}]),
    "changed lately": (set(), [{"weeks": 20}, {"weeks": 2, "category": "milk"}]),
    "moved": ({"west"}, [{"weeks": 3}, {"weeks": 2, "category": "milk"}]),
    "taken off": (set(), [{"weeks": 3}, {"weeks": 1, "active": False}]),
    "put on sale": ({"north", "south"}, [{"weeks": 3, "active": False}, {"weeks": 1, "active": True}]),
    "as old as the catalogue": (set(), [{"weeks": 50}]),
    "listed after the origin": (set(), [{"weeks": 0}]),
}
"""Products by name: where each is expected, and its rows of the catalogue."""


def test_what_is_new_and_unsold_is_expected_where_its_likes_sell():
    # GIVEN a shop whose stores sell tea in the north and south, milk in the west, and products nobody bought
    rows = [listed(product, **row) for product, (_, given) in CASES.items() for row in given]
    # WHEN
    places = found([*CATALOGUE, *rows])
    # THEN
    expected = {(product, place) for product, (where, _) in CASES.items() for place in where}
    assert {(product, place) for product, place, _ in places} == expected


def test_where_locations_are_not_told_apart_it_is_expected_in_the_whole_shop():
    # GIVEN a product of a category and department that do not sell
    # WHEN
    places = found([*CATALOGUE, listed("new", 2, "coffee", department="toys")], WHOLE)
    # THEN it is listed in the period before the last
    assert places == [("new", "*", 1.0)]


def test_the_newest_have_room_whole_products_at_a_time(monkeypatch):
    # GIVEN room for five series, and four products of two stores each
    monkeypatch.setattr(unsold, "FEW", 5)
    # WHEN
    places = found([*CATALOGUE, *(listed(f"p{k}", k) for k in (4, 1, 3, 2))])
    # THEN
    assert [place[:2] for place in places] == [(p, s) for p in ("p1", "p2") for s in ("north", "south")]


def test_what_the_shop_leaves_out_is_left_out_and_how_often_others_sell_says_nothing():
    # GIVEN a shop that leaves out milk and what sells in fewer than half of the weeks
    parameters = FAMILY_MODEL.parameters({"horizon": 2, "left_out": ["milk"], "least_share": 0.5})
    # WHEN
    places = found([*CATALOGUE, listed("white", 2, "milk"), listed("green", 2)], parameters)
    # THEN
    assert {product for product, *_ in places} == {"green"}


NAMES = ("n1", "n2", "n3")
NEWCOMERS = st.sampled_from(NAMES)
SAID = st.tuples(st.sampled_from(["tea", "milk"]), st.sampled_from([None, True, False]))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    catalogue=st.dictionaries(st.tuples(NEWCOMERS, st.sampled_from([-1, 0, 1, 5, 13, 14, 30])), SAID, max_size=8),
    sold=st.sets(st.tuples(NEWCOMERS, st.sampled_from([-1, 0, 1, 5, 13]))),
)
def test_which_are_unsold_is_told_by_what_was_known_alone(catalogue, sold):
    # GIVEN any rows of the catalogue, and sales in the west, before and after the origin
    rows = [listed(p, weeks, c, active=active) for (p, weeks), (c, active) in catalogue.items()]
    # WHEN
    places = found([*CATALOGUE, *rows], lines=[*LINES, *(line(p, ago(weeks), 1, "west") for p, weeks in sold)])
    # THEN they are those that the rows before the origin tell of
    bought = {p for p, weeks in sold if weeks > 0}
    known = {p: sorted((weeks, *catalogue[p, weeks]) for q, weeks in catalogue if q == p and weeks > 0) for p in NAMES}
    sells_at = {"tea": {"north", "south"}, "milk": {"west"}}
    for p in bought & {p for p in NAMES if known[p]}:
        sells_at[known[p][0][1]].add("west")
    expected = {
        (p, place, known[p][-1][0] - 1.0)
        for p in NAMES
        if p not in bought and known[p] and known[p][-1][0] <= NEW_DAYS // 7 and known[p][0][2] is not False
        for place in sells_at[known[p][0][1]]
    }
    assert set(places) == expected


UNSOLD = [*CATALOGUE, listed("new", 3), listed("other", 2, "milk")]
PLANS = [promotion("new", ORIGIN + timedelta(days=7), 7)]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Rows with outcomes: `new` is promoted in the second week, and sells first in the first, here and there."""
    first = [line("new", ORIGIN, 5, "south"), line("new", ORIGIN, 9, "west")]
    tables = source(order_lines=LINES + first, products=UNSOLD, promotions=PLANS)
    return frames.labelled(FAMILY_MODEL, tables, AS_OF, WEEKS)


def test_what_is_known_of_one_is_when_it_was_listed_what_is_planned_and_what_its_likes_sell(rows):
    # GIVEN a product that was listed three weeks ago
    # WHEN
    own = rows[(rows["entity_id"] == "new") & (rows["location_id"] == "south")].set_index("step")
    # THEN it sold nothing, and what its category sells is the average of what is sold
    expected = {"life": 0, "lived": 0, "new": 1, "last": 2, "mean_slow": 0, "lag_1": 0}
    expected |= {"category_peer": 3, "location_peer": 2}
    assert [own.loc[step, list(expected)].to_dict() for step in (1, 2)] == [pytest.approx(expected)] * 2
    assert own["promoted"].tolist() == [0, 1]
    assert own[["share_13", "size", "spread", "year_ago", "price_ratio"]].isna().all(axis=None)
    # AND the sum over its places is as new
    total = rows[(rows["entity_id"] == "new") & (rows["location_id"] == "*")]
    assert total[["members", "life", "last"]].drop_duplicates().to_numpy().tolist() == [[2, 0, 2]]


def test_what_they_then_sell_is_learned_and_is_of_the_levels_above_too(rows):
    # GIVEN a product that sold in one store where it was expected and in one where it was not
    # WHEN
    label = rows.query("step == 1").set_index(["entity_id", "location_id"])[LABEL]
    # THEN
    assert (label["new", "north"], label["new", "south"], label["new", "*"]) == (0, 5, 5)
    assert label["level:category:tea", "*"] == label["level:shop", "*"] == 5
    assert ("new", "west") not in label.index


def test_what_happens_after_the_origin_changes_nothing(rows):
    # GIVEN another future, in which the unsold products are taken off or moved, and one that was not listed sells
    later = [listed("new", 0, "milk"), listed("other", 0, "milk", active=False), listed("third", 0)]
    sold = [line("third", ORIGIN + timedelta(days=d), 7, s) for d in (0, 8) for s in STORES]
    tables = source(order_lines=LINES + sold, products=UNSOLD + later, promotions=PLANS)
    # WHEN
    same = features(tables, [AS_OF], WEEKS).to_pandas().sort_values(KEYS, ignore_index=True)
    # THEN
    columns = [*KEYS, *(field.name for field in FIELDS)]
    known = rows.sort_values(KEYS, ignore_index=True)
    # The spread of what never changes is the root of what rounding leaves: its square is compared.
    known, same = (rows.assign(spread=rows["spread"] ** 2)[columns] for rows in (known, same))
    pd.testing.assert_frame_equal(known, same, check_exact=False, rtol=1e-12, atol=1e-12)


def test_a_catalogue_loaded_at_once_adds_no_series():
    # GIVEN a shop whose whole catalogue was loaded two weeks ago, with much that nobody bought
    # WHEN
    places = found([listed(product, 2) for product in ("a", "b", "c", *(f"p{k}" for k in range(9)))])
    # THEN
    assert places == []


def test_its_level_is_what_the_nearest_likes_sell():
    # GIVEN unsold series: with a category that sells, in a store half as large, with a category that does not sell,
    # without one; a node of two; and a series that sold
    rows = pd.DataFrame(
        {
            "life": [0, 0, 0, 0, 0, 9],
            "members": [0, 0, 0, 0, 2, 0],
            "category_number": [1, 1, 1, np.nan, 1, 1],
            "department_number": [1, 1, 1, 1, 1, 1],
            "category_peer": [3, 3, np.nan, 9, 3, 3],
            "department_peer": [1, 1, 1, 1, 1, 1],
            "shop_peer": [4, 4, 4, 4, 4, 4],
            "location_peer": [4, 2, 4, 4, np.nan, 2],
            "weekday_slow": np.nan,
            "mean_slow": [0, 0, 0, 0, 0, 7],
            "mean_middle": [0, 0, 0, 0, 0, 7],
            "mean_year": [0, 0, 0, 0, 0, 5],
        }
    )
    # WHEN
    # THEN a sold one has its own, and without anything alike there is the least
    assert levels(rows).tolist() == [3, 1.5, 1, 1, 6, 6]
    assert told(rows)[1].tolist() == ["category", "category", "department", "department", "category", "category"]
    nothing = rows.assign(category_peer=np.nan, department_peer=np.nan, shop_peer=np.nan)
    assert levels(nothing).tolist() == [LEAST_LEVEL] * 5 + [6]
    assert levels(rows.assign(location_peer=400.0))[0] == 3 * PLACES[1]
