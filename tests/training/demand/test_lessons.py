"""Rows to learn from: those of many origins together are those of each alone, whatever is held at once."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from commerce.families.demand import DemandParameters
from tests.training.demand.shop import FIRST, ORIGIN, STORES, count, line, located, promotion, source
from training.contract import AS_OF, LABEL
from training.demand import FAMILY_MODEL, features, lessons
from training.demand.features import FIELDS, KEYS
from training.frames import labelled, taught

PARAMETERS = DemandParameters(horizon=2, left_out=("toys",))
DAYS = [ORIGIN - timedelta(days=7 * weeks) for weeks in (9, 4, 3)]
COLUMNS = [AS_OF, *KEYS, *(field.name for field in FIELDS), LABEL]
MOST = 7


def shop():
    """Products that begin and end at several times, some of which the catalogue moves about, as a store is moved to
    another region; sales up to `ORIGIN`."""
    begins = {f"p{k}": (60 + k, k) for k in range(1, 9)} | {"late": (5, 1), "old": (80, 57), "young": (12, 1)}
    begins["launched"] = (2, 1)
    lines = [
        line(product, ORIGIN - timedelta(days=7 * week - 1), 1 + (week + len(store)) % 4, store)
        for product, (first, last) in begins.items()
        for store in STORES
        for week in range(first, last - 1, -3)
    ]
    listed = [("p1", 70, "tea"), ("p1", 8, "milk"), ("p1", 7, "cheese"), ("p2", 6, "tea"), ("p3", 99, "toys")]
    listed += [("p4", 3, "toys"), ("late", 2, "tea"), ("young", 6, "toys"), ("launched", 6, "cheese")]
    products = [
        {"product_id": p, "updated_at": line(p, ORIGIN - timedelta(days=7 * week), 1)["ordered_at"], "category": c}
        | {"department": "food", "currency": "EUR"}
        for p, week, c in listed
    ]
    counts = [count("p5", ORIGIN - timedelta(days=d), d % 2, "north") for d in range(20, 60)]
    plans = [promotion("p6", ORIGIN - timedelta(days=7 * week), 7, display="front") for week in (1, 5, 11)]
    moved = [("north", FIRST, "Hills"), ("south", FIRST, "Hills"), ("west", FIRST, "Coast")]
    moved += [("south", ORIGIN - timedelta(days=40), "Coast")]
    regions = [located(*each) for each in moved]
    return source(order_lines=lines, products=products, stock=counts, promotions=plans, locations=regions)


def rows(most_rows: int) -> pd.DataFrame:
    """All that is learned from, by date and keys, in the family's columns."""
    made = lessons.lessons(shop(), DAYS, PARAMETERS, most_rows)
    found = pd.concat([taught(FAMILY_MODEL, lesson, PARAMETERS) for lesson in made], ignore_index=True)
    return found.sort_values([AS_OF, *KEYS], ignore_index=True).loc[:, COLUMNS]


@pytest.fixture(scope="module")
def together() -> pd.DataFrame:
    """`rows` of every series, made at once."""
    return rows(most_rows=10_000)


def test_origins_together_have_the_rows_of_each_alone(together):
    # GIVEN a shop whose catalogue and regions change between its origins, and more and less of which sells
    # WHEN each is asked alone
    alone = pd.concat([labelled(FAMILY_MODEL, shop(), day, PARAMETERS) for day in DAYS], ignore_index=True)
    # THEN they are the same, whole: what the catalogue left out is missing at some, what began later too
    pd.testing.assert_frame_equal(together, alone.loc[:, COLUMNS], check_exact=False, rtol=1e-9)
    there = together.groupby("entity_id")[AS_OF].nunique()
    assert there[["p1", "late", "old", "young"]].tolist() == [3, 2, 1, 1] and "p3" not in there
    assert together[LABEL].gt(0).any() and together["mean_promoted"].notna().any()


def test_series_that_are_drawn_have_the_rows_that_they_have_among_all(together, monkeypatch):
    # GIVEN room for a few series at each origin, and for a node fewer than one; and for one origin at a time
    monkeypatch.setattr(lessons, "FRAME_ROWS", 1)
    # WHEN
    some = rows(most_rows=(MOST + 1) * len(DAYS) * PARAMETERS.horizon)
    # THEN so many are drawn, as they are at each origin alone, and no row of theirs is another
    assert some.groupby(AS_OF).size().tolist() == [MOST * PARAMETERS.horizon] * len(DAYS)
    first = features.features(shop(), DAYS[:1], PARAMETERS, MOST).to_pandas()
    assert set(first["entity_id"]) == set(some[some[AS_OF] == DAYS[0]]["entity_id"])
    keys = [AS_OF, *KEYS]
    same = some[keys].merge(together, on=keys, how="left", validate="one_to_one")
    pd.testing.assert_frame_equal(some, same, check_exact=False, rtol=1e-9)


def test_rows_are_the_same_in_whatever_parts_they_are_put_together(monkeypatch):
    # GIVEN days of a country with holidays
    parameters = DemandParameters(frequency="day", horizon=9, country="DE")

    def made() -> pd.DataFrame:
        found = features.features(shop(), [ORIGIN], parameters).to_pandas()
        return found.sort_values(list(KEYS), ignore_index=True)

    whole = made()
    # WHEN they are put together two series at a time
    monkeypatch.setattr(features, "PART_ROWS", 2 * parameters.horizon)
    # THEN
    pd.testing.assert_frame_equal(whole, made(), check_exact=False, rtol=1e-12)
    assert whole["weekday_fast"].to_numpy().max() > 0 and len(whole) > 3 * parameters.horizon
