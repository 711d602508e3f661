"""Demand's features: right on small cases, blind to the future, whatever else is in the tables."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tests.training.demand.shop import AS_OF, ORIGIN, count, line, promotion, regressor, source
from training.demand import FAMILY_MODEL
from training.demand.decay import SPEEDS
from training.demand.features import FIELDS, KEYS, features
from training.demand.history import SHARES
from training.demand.seasons import WEEKDAY_SPEEDS
from training.frames import labelled

WEEKS = FAMILY_MODEL.parameters({"horizon": 2})
DAYS = FAMILY_MODEL.parameters({"frequency": "day", "horizon": 9, "country": "DE", "regressors": ["warm"]})
WHOLE = FAMILY_MODEL.parameters({"horizon": 2, "by_location": False})


def ago(weeks: int, weekday: int = 1) -> date:
    """A day so many weeks before the origin's; 1 is the last complete one."""
    return ORIGIN + timedelta(days=weekday - 7 * weeks)


def frame(parameters=WEEKS, as_of: date = AS_OF, **rows: list[dict]) -> pd.DataFrame:
    """Features by step, of all series, in the order of their keys."""
    found = features(source(**rows), [as_of], parameters).to_pandas().query("members == 0")
    return found.sort_values(list(KEYS), ignore_index=True)


def decayed(dense: list[float], half_life: float) -> float:
    """The weighted mean of a dense history, newest first."""
    weights = 0.5 ** (np.arange(len(dense)) / half_life)
    return float(np.array(dense) @ weights / weights.sum())


def test_a_series_is_described_as_its_dense_history_would_be():
    # GIVEN sales 1, 3 and 6 weeks ago
    dense = [4.0, 0.0, 2.0, 0.0, 0.0, 6.0]
    lines = [line("a", ago(k + 1), q) for k, q in enumerate(dense) if q]
    # WHEN
    row = frame(order_lines=lines).iloc[0]
    # THEN zeros count though they are no rows
    expected = {f"mean_{name}": decayed(dense, h) for name, h in SPEEDS["week"].items()}
    expected |= {"life": 6, "last": 0, "new": 1, "lag_1": 4, "lag_2": 0, "lag_3": 2, "lag_8": 0, "size": 4}
    expected |= {"recent_16": 2, "size_variation": np.var([4, 2, 6]) / 16} | {f"share_{w}": 0.5 for w in SHARES}
    slow = SPEEDS["week"]["slow"]
    square = decayed([q * q for q in dense], slow)
    expected["spread"] = np.sqrt(square - decayed(dense, slow) ** 2)
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_rows_are_each_active_series_at_each_step():
    # GIVEN a product sold in two stores, and one that sold nothing for more than a year
    lines = [line("a", ago(3), 1), line("a", ago(2), 1, "south"), line("old", ago(54), 1)]
    # WHEN
    found = frame(order_lines=lines)
    # THEN
    assert found[list(KEYS)].to_numpy().tolist() == [
        ["a", "north", 1],
        ["a", "north", 2],
        ["a", "south", 1],
        ["a", "south", 2],
    ]


def test_only_positive_sales_are_demand_and_lines_without_a_store_are_the_shops():
    # GIVEN a sale of two lines on one day, what came back of it, and a correction of the stock
    lines = [
        line("a", ago(1), 2, None),
        line("a", ago(1), 3, None, line_id="2"),
        line("a", ago(1), -2, None, line_id="3", kind="return"),
        line("a", ago(1), -4, None, line_id="4"),
    ]
    # WHEN
    row = frame(order_lines=lines).iloc[0]
    # THEN
    assert (row["location_id"], row["lag_1"]) == ("*", 5)


def test_the_whole_shop_is_one_series_per_product():
    # GIVEN sales in two stores
    lines = [line("a", ago(1), 2), line("a", ago(1), 3, "south")]
    # WHEN
    found = frame(WHOLE, order_lines=lines)
    # THEN
    assert found[["location_id", "step", "lag_1"]].to_numpy().tolist() == [["*", 1, 5.0], ["*", 2, 5.0]]


def test_the_running_week_is_the_first_to_be_forecast():
    # GIVEN a sale on the Tuesday before a Wednesday's forecast
    lines = [line("a", ago(1), 2), line("a", ORIGIN + timedelta(days=1), 7)]
    # WHEN
    known, after = frame(order_lines=lines), labelled(FAMILY_MODEL, source(order_lines=lines), AS_OF, WEEKS)
    # THEN it is outcome, not knowledge
    assert known["lag_1"].tolist() == [2, 2]
    assert after["label"].tolist() == [7, 0]


def test_a_year_ago_is_the_mean_of_the_weeks_around():
    # GIVEN two years of weeks, where week k before the origin sold k units
    lines = [line("a", ago(k), k) for k in range(1, 105)]
    # WHEN
    found = frame(order_lines=lines)
    # THEN step 1 is 52 weeks after the 52nd week back
    assert found["year_ago"].tolist() == [52, 51]
    assert found["shop_season"].to_numpy() == pytest.approx(np.array([52, 51]) / np.mean(range(53, 61)))


def test_a_season_that_was_not_lived_through_is_empty():
    # GIVEN a product first sold 51 weeks ago
    lines = [line("a", ago(51), 3), line("a", ago(2), 3)]
    # WHEN
    found = frame(order_lines=lines)
    # THEN the week around which it began is known of step 2 alone, as far as it was lived through
    assert found["year_ago"].tolist() == [3.0, 1.5]
    assert found["category_season"].isna().all()


def test_days_know_their_weekday():
    # GIVEN four weeks in which Saturdays sell 10 and Mondays 1
    lines = [
        line("a", ORIGIN - timedelta(days=7 * k - weekday), q) for k in range(1, 5) for weekday, q in ((0, 1), (5, 10))
    ]
    # WHEN a Monday is forecast, and the days after
    found = frame(DAYS, as_of=ORIGIN, order_lines=lines).set_index("step")
    # THEN
    for name in WEEKDAY_SPEEDS:
        assert found[f"weekday_{name}"].loc[[1, 6, 8]].tolist() == pytest.approx([1, 10, 1])
        assert found[f"weekday_{name}"].loc[[2, 7, 9]].tolist() == [0, 0, 0]
    assert found["weekday"].tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]
    assert found.loc[1, ["lag_1", "lag_2", "lag_7"]].tolist() == [0, 10, 1]


def test_days_without_stock_are_no_evidence_of_low_demand():
    # GIVEN a product that sells 7 a week but in the last two weeks, in which the shelf was counted empty every day
    lines = [line("a", ago(k), 7) for k in range(3, 13)]
    empty = [count("a", ORIGIN - timedelta(days=d), 0) for d in range(1, 15)]
    elsewhere = [count("a", ORIGIN - timedelta(days=1), 5, "south")]
    # WHEN
    blind = frame(order_lines=lines).iloc[0]
    aware = frame(order_lines=lines, stock=empty + elsewhere).iloc[0]
    # THEN
    assert blind["mean_fast"] < 4
    assert [aware[f"mean_{name}"] for name in SPEEDS["week"]] == pytest.approx([7.0] * 4)
    assert aware["lag_1"] == 0


def test_a_shop_without_stores_is_out_of_stock_when_every_place_is():
    # GIVEN two warehouses, of which one was empty last week, and then both the week before
    lines = [line("a", ago(k), 7, None) for k in (1, 3, 4)]
    counts = [count("a", ORIGIN - timedelta(days=d), 0, "east") for d in range(1, 15)]
    counts += [count("a", ORIGIN - timedelta(days=d), 5 if d < 8 else 0, "west") for d in range(1, 15)]
    # WHEN
    row = frame(WHOLE, order_lines=lines, stock=counts).iloc[0]
    # THEN one week of four is no evidence
    assert [row[f"mean_{name}"] for name in SPEEDS["week"]] == pytest.approx([7.0] * 4)


def test_promotions_to_come_are_known_and_past_ones_compared():
    # GIVEN promotions in the week to come (three days, everywhere), a week ago and three weeks ago (in the store)
    lines = [line("a", ago(k), q) for k, q in ((1, 9), (2, 2), (3, 9), (4, 2))]
    promotions = [
        promotion("a", ORIGIN + timedelta(days=7), 3, mailer="front", discount=0.2),
        promotion("a", ago(1, 0), 7, "north", display="aisle"),
        promotion("a", ago(3, 0), 7, "north"),
        promotion("a", ago(3, 0), 7, "south"),
        promotion("other", ago(2, 0), 7),
    ]
    # WHEN
    one, two = frame(order_lines=lines, promotions=promotions).to_dict("records")
    # THEN
    names = ("promoted", "displayed", "mailed", "discount")
    assert [one[name] for name in names] == [0, 0, 0, 0]
    assert [two[name] for name in names] == pytest.approx([3 / 7, 0, 3 / 7, 0.2])
    assert (one["promoted_lately"], one["mean_promoted"], one["mean_plain"]) == pytest.approx((0.5, 9, 2))


def test_promotions_of_the_whole_shop_are_shares_of_its_stores():
    # GIVEN a promotion in one store of two, and one everywhere
    lines = [line("a", ago(1), 2), line("a", ago(1), 2, "south")]
    promotions = [promotion("a", ORIGIN, 7, "north"), promotion("a", ORIGIN + timedelta(days=7), 7)]
    # WHEN
    found = frame(WHOLE, order_lines=lines, promotions=promotions)
    # THEN
    assert found["promoted"].tolist() == [0.5, 1.0]


def test_prices_are_compared_with_the_usual_one():
    # GIVEN ten weeks at 2 €, then four at 1 €, and a list price that was raised to 3 €
    cheap = {"unit_price": Decimal(1), "total": Decimal(1)}
    lines = [line("a", ago(k), 1, **(cheap if k <= 4 else {})) for k in range(1, 15)]
    own = {"product_id": "a", "seller": "own", "store_id": "*", "currency": "EUR"}
    prices = [
        own | {"valid_from": line("a", day, 1)["ordered_at"], "price": Decimal(price)}
        for day, price in ((ago(20), 2), (ago(1), 3), (ORIGIN, 9))
    ]
    # WHEN
    row = frame(order_lines=lines, prices=prices).iloc[0]
    # THEN
    usual = 24 / 14
    assert (row["price_ratio"], row["list_ratio"]) == pytest.approx((1 / usual, 3 / usual))


def test_levels_above_a_series_tell_what_its_likes_do():
    # GIVEN a category of two products, each in a store, and a catalogue that changed later
    lines = [line("a", ago(k), 4) for k in range(1, 5)] + [line("b", ago(k), 2, "south") for k in range(1, 5)]
    listed = {"updated_at": line("a", ago(9), 1)["ordered_at"], "category": "tea", "currency": "EUR"}
    later = {"updated_at": line("a", ORIGIN, 1)["ordered_at"], "category": "toys", "currency": "EUR"}
    products = [{"product_id": p} | listed for p in "ab"] + [{"product_id": "a"} | later]
    # WHEN
    found = frame(order_lines=lines, products=products).query("step == 1")
    # THEN
    assert found["category_peer"].tolist() == pytest.approx([3, 3])
    assert found["location_peer"].tolist() == pytest.approx([4, 2])
    assert found["shop_trend"].tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize("parameters", [WEEKS, DAYS, WHOLE])
def test_what_happens_after_the_origin_changes_nothing(parameters):
    # GIVEN a past, and two futures: sales, returns, prices, counts, weather and a changed catalogue
    past = [line(p, ago(k), k + 1, s) for p in "ab" for s in ("north", None) for k in (1, 2, 5, 53)]
    origin = AS_OF if parameters is DAYS else ORIGIN
    later = [line("a", origin + timedelta(days=d), 50, s) for d in range(9) for s in ("north", "new", None)]
    later += [line("c", origin, 5), line("a", origin, -9, line_id="9", kind="return")]
    moment = line("a", origin, 1)["ordered_at"]
    rows = {
        "regressors": [regressor("warm", origin + timedelta(days=d), 30, known=origin) for d in range(-3, 9)],
        "stock": [count("a", origin + timedelta(days=d), 0) for d in range(5)],
        "prices": [
            {
                "product_id": "a",
                "seller": "own",
                "store_id": "*",
                "valid_from": moment,
                "price": Decimal(9),
                "currency": "EUR",
            }
        ],
        "products": [{"product_id": "a", "updated_at": moment, "category": "toys", "currency": "EUR"}],
    }
    plans = [promotion("a", origin - timedelta(days=d), 7, s) for d in (-7, 7) for s in ("north", "*")]
    # WHEN
    known = frame(parameters, order_lines=past, promotions=plans)
    same = frame(parameters, order_lines=past + later, promotions=plans, **rows)
    # THEN
    pd.testing.assert_frame_equal(known, same, check_exact=False, rtol=1e-12)


def test_a_sample_is_of_whole_series_and_another_at_each_date():
    # GIVEN twenty series
    lines = [line(f"p{k}", ago(1), 1) for k in range(20)]
    # WHEN five are drawn on two dates
    one, again, other = (
        sorted(features(source(order_lines=lines), [day], WEEKS, 5).to_pandas()["entity_id"])
        for day in (AS_OF, AS_OF, AS_OF + timedelta(days=7))
    )
    # THEN with all their steps, the same each time
    assert len(one) == 10 and len(set(one)) == 5
    assert one == again != other


def test_missing_rows_of_an_outcome_are_zeros():
    # GIVEN a product that sells in the second week of two alone, and one that sells for the first time
    lines = [line("a", ago(1), 1), line("a", ORIGIN + timedelta(days=9), 4), line("b", ORIGIN, 4)]
    # WHEN
    found = labelled(FAMILY_MODEL, source(order_lines=lines), ORIGIN, WEEKS)
    # THEN
    assert found[["entity_id", "step", "label"]].to_numpy().tolist() == [["a", 1, 0.0], ["a", 2, 4.0]]
    assert [f.name for f in FIELDS if found[f.name].dtype != float] == []
