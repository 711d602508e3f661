"""Decisions for a small shop: a row per series, actions that fit each other, reasons in words."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from tests.training.stock import made
from training.contract import TrainingError
from training.stock.decisions import decide
from training.stock.leadtimes import LeadTimes
from training.stock.table import ACTIONS, COLUMNS
from training.stock.terms import Policy

WEEKLY = {("soap", "a"): 20.0, ("soap", "b"): 20.0, ("tea", "a"): 10.0, ("milk", "a"): 30.0, ("rare", "a"): 0.1}
ON_HAND = {("soap", "a"): 2.0, ("soap", "b"): 90.0, ("tea", "a"): 3.0, ("milk", "a"): 200.0, ("rare", "a"): 3.0}
TERMS = pd.DataFrame(
    {
        "product_id": ["soap", "tea", "milk"],
        "unit_cost": [1.0, 2.0, 0.5],
        "price": [2.0, 4.0, 1.0],
        "pack_size": [6, None, None],
        "shelf_life_days": [None, None, 10],
        "supplier": ["s", "s", "t"],
    }
)
LEADS = LeadTimes.stated(5.0, 1.0)


def decided(policy: Policy | None = None, **changed) -> pd.DataFrame:
    """The shop's decisions by product and location."""
    given = {"forecasts": made.forecasts(WEEKLY), "state": made.state(ON_HAND), "terms": TERMS, "lead_times": LEADS}
    return decide(**(given | changed), policy=policy or Policy(currency="EUR")).set_index(["product_id", "location_id"])


def test_each_series_has_a_row_with_every_column():
    # GIVEN a shop WHEN decided
    found = decided()
    # THEN each series with a forecast and a count has its row
    assert sorted(found.index) == sorted(WEEKLY)
    assert [*found.index.names, *found.columns] == list(COLUMNS)
    assert set(found["action"]) <= set(ACTIONS)


def test_what_runs_out_is_ordered_in_packs_with_a_reason():
    # GIVEN tea for two days, an order of which takes five
    row = decided().loc[("tea", "a")]
    # WHEN decided THEN it is ordered up to its target, at once, and the reason says so
    assert row["action"] == "order"
    assert row["order_quantity"] == pytest.approx(row["order_up_to"] - row["on_hand"], abs=1)
    assert row["order_by"] == made.MONDAY
    assert row["stockout_chance"] > 0.95
    assert row["money_at_stake"] > 0
    assert row["reason"].startswith("3 on hand last about 2 days; an order takes 4 to 6 days; order ")


def test_a_surplus_goes_where_stock_runs_out_before_the_supplier_delivers():
    # GIVEN soap, too much at one location and next to none at the other
    found = decided()
    # WHEN decided
    taker, giver = found.loc[("soap", "a")], found.loc[("soap", "b")]
    # THEN it is moved, the giver keeps its target, and the order is smaller by it
    assert taker["transfer_from"] == "b"
    assert taker["transfer_quantity"] == giver["transfer_out"] > 0
    assert giver["on_hand"] - giver["transfer_out"] >= giver["order_up_to"]
    alone = decided(state=made.state({key: units for key, units in ON_HAND.items() if key != ("soap", "b")}))
    assert taker["order_quantity"] < alone.loc[("soap", "a"), "order_quantity"]


def test_what_will_spoil_is_marked_down():
    # GIVEN milk for seven weeks that spoils in ten days
    row = decided().loc[("milk", "a")]
    # WHEN decided THEN its price is cut, and what that recovers is at stake
    assert row["action"] == "markdown"
    assert row["overstock_units"] > 100
    assert row["markdown"] > 0
    assert f"cut the price by {row['markdown']:.0%}, which recovers {row['money_at_stake']:,.2f} EUR" in row["reason"]


def test_what_lasts_and_is_enough_is_left_alone_and_has_no_money_without_a_price():
    # GIVEN three of a product that sells once in ten weeks, of unknown price
    row = decided().loc[("rare", "a")]
    # WHEN decided THEN
    assert row["action"] == "none"
    assert row["order_quantity"] == 0
    assert np.isnan(row["money_at_stake"])


def test_dates_and_chances_of_running_out_agree():
    # GIVEN a shop WHEN decided
    found = decided()
    # THEN chances rise over periods, and a smaller chance is reached no later
    for row in found.to_dict("records"):
        assert np.all(np.diff(row["risk"]) >= 0)
        dates = [day for day in (row["out_5_on"], row["out_20_on"], row["out_50_on"]) if day is not None]
        assert dates == sorted(dates)
        assert (row["out_50_on"] is None) == (row["risk"][-1] < 0.5)
        assert row["stockout_chance_after"] <= row["stockout_chance"]


@pytest.mark.parametrize("budget", [0.0, 10.0, 25.0])
def test_a_budget_is_kept_and_what_it_leaves_out_is_told(budget):
    # GIVEN less money than the orders cost
    free, kept = decided(), decided(Policy(currency="EUR", budget=budget))
    cost = TERMS.set_index("product_id")["unit_cost"].reindex(kept.index.get_level_values(0)).fillna(0).to_numpy()
    assert (free["order_quantity"] * cost).sum() > budget
    # WHEN decided
    short = kept[kept["order_quantity"] < free["order_quantity"]]
    # THEN it is kept, and each order that is smaller says so
    assert (kept["order_quantity"] * cost).sum() <= budget
    assert len(short)
    assert all("the budget leaves" in said for said in short["reason"])


def test_the_same_forecasts_give_the_same_decisions_in_any_order():
    # GIVEN the same rows in another order
    forecasts = made.forecasts(WEEKLY).sample(frac=1, random_state=1)
    # WHEN decided
    again = decided(forecasts=forecasts, state=made.state(ON_HAND).iloc[::-1])
    # THEN nothing differs
    pd.testing.assert_frame_equal(again.drop(columns="risk"), decided().drop(columns="risk"))


def test_series_without_a_count_or_a_forecast_have_no_row():
    # GIVEN a count of something that is not forecast, and a forecast of something that is not counted
    state = made.state({("soap", "a"): 5.0, ("unknown", "a"): 5.0})
    # WHEN decided THEN only what has both has a row
    assert list(decided(state=state).index) == [("soap", "a")]


def test_a_shop_of_which_nothing_is_counted_has_an_empty_table():
    # GIVEN no count of anything that is forecast
    found = decided(state=made.state({("unknown", "a"): 5.0}))
    # WHEN decided THEN there is no row, in the same columns
    assert found.empty
    assert [*found.index.names, *found.columns] == list(COLUMNS)


def test_with_a_budget_nothing_is_bought_whose_price_nobody_knows():
    # GIVEN tea that runs out and has no price, and money for all the rest
    row = decided(Policy(budget=1e6), terms=TERMS.drop(index=1)).loc[("tea", "a")]
    # WHEN decided THEN it is not ordered, and the reason says so
    assert row["order_quantity"] == 0
    assert "no price is known, so that the budget cannot hold" in row["reason"]


def test_later_in_the_week_less_of_it_is_to_come():
    # GIVEN the same stock on a Monday and on a Friday of the first week forecast
    monday, friday = decided(), decided(today=made.MONDAY + timedelta(days=4))
    # WHEN compared THEN the same stock runs out later
    assert friday.loc[("tea", "a"), "risk"][0] < monday.loc[("tea", "a"), "risk"][0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"forecasts": made.forecasts(WEEKLY).drop(columns="q0.5")}, "q0.5"),
        ({"forecasts": made.forecasts(WEEKLY).iloc[1:]}, "same periods"),
        ({"forecasts": made.forecasts(WEEKLY, weeks=1)}, "horizon"),
        ({"forecasts": made.forecasts(WEEKLY).assign(mean=np.nan)}, "empty"),
        ({"state": made.state(ON_HAND).drop(columns="on_hand")}, "on_hand"),
        ({"state": pd.concat([made.state(ON_HAND)] * 2)}, "several rows"),
        ({"terms": pd.concat([TERMS] * 2)}, "several rows"),
        ({"today": made.MONDAY + timedelta(days=7)}, "not in the period"),
    ],
)
def test_what_cannot_be_decided_from_is_told(changed, said):
    # GIVEN forecasts, counts or terms that do not fit WHEN decided THEN the error says what to do
    with pytest.raises(TrainingError, match=said):
        decided(**changed)
