"""What is known before a moment: right on small cases, and blind to what comes after."""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from training.recommendations import buy_again, surroundings
from training.recommendations.basket_features import KEYS, columns, established, features, labelled
from training.recommendations.candidates import Limits

AS_OF = datetime(2025, 3, 1)  # noqa: DTZ001 (timestamps are without a zone)
LEVELS = ("category",)
LIMITS = Limits(own=5, new=3, popular=2, weight=1.0)


def lines(*rows: tuple[str, str, float, float]) -> ibis.Table:
    """Lines as (customer, product, days before `AS_OF`, quantity)."""
    return ibis.memtable(
        pd.DataFrame(
            {
                "customer_id": pd.Series([row[0] for row in rows], dtype=object),
                "product_id": pd.Series([row[1] for row in rows], dtype=object),
                "at": pd.Series([AS_OF - timedelta(days=row[2]) for row in rows], dtype="datetime64[us]"),
                "quantity": pd.Series([row[3] for row in rows], dtype=float),
            }
        ),
        schema={"customer_id": "string", "product_id": "string", "at": "timestamp(6)", "quantity": "float64"},
    )


SHOP = (
    *(("a", "milk", days, 2) for days in (30.5, 20.5, 10.5)),
    *(("b", "milk", days, 1) for days in (40.5, 33.5)),
    ("a", "bread", 10.5, 1),
    ("b", "bread", 4.5, 1),
    ("b", "tea", 4.5, 3),
)
ATTRIBUTES = ibis.memtable(pd.DataFrame({"product_id": ["milk", "bread"], "category": ["dairy", "bakery"]}))


def test_a_product_is_described_by_the_customers_purchases_of_it():
    # GIVEN milk 30, 20 and 10 days ago, and a visit without milk by nobody else
    bought = buy_again.purchases(lines(*SHOP), AS_OF)
    # WHEN
    row = buy_again.history(bought).filter(ibis._.customer_id == "a", ibis._.product_id == "milk").to_pandas().iloc[0]
    # THEN
    expected = {"recency": 10, "tenure": 30, "purchases": 3, "gap_mean": 10, "gap_last": 10, "units_last": 2}
    expected |= {"visits_since": 0, "gap_visits": 1, "purchases_14": 1, "purchases_28": 2, "purchases_56": 3}
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert row["decayed_14"] == pytest.approx(sum(np.exp(-d / 14) for d in (10, 20, 30)))


def test_frequency_forgets():
    # GIVEN / WHEN
    scores = buy_again.recency_frequency(buy_again.purchases(lines(*SHOP), AS_OF), 91).to_pandas()
    # THEN
    milk = scores.set_index(["customer_id", "product_id"])["score"]["b", "milk"]
    assert milk == pytest.approx(np.exp(-40 / 91) + np.exp(-33 / 91))


def test_returns_and_anonymous_lines_are_no_purchases():
    # GIVEN
    odd = [("a", "milk", 3, -1.0), ("a", "tea", 3, 0.0), (None, "tea", 3, 1.0)]
    # WHEN
    bought = buy_again.purchases(lines(*odd), AS_OF).to_pandas()
    # THEN
    assert bought.empty


def test_a_product_is_due_when_its_usual_gap_has_passed():
    # GIVEN 2 own gaps of 10 days, everybody's usual gap 20 days, bought 14 whole days ago
    frame = ibis.memtable(pd.DataFrame({"purchases": [3], "gap_mean": [10.0], "usual_gap": [20.0], "recency": [14]}))
    # WHEN
    row = buy_again.due(frame).to_pandas().iloc[0]
    # THEN
    assert (row["expected_gap"], row["overdue"]) == (15.0, 1.0)


def test_popularity_counts_customers():
    # GIVEN / WHEN
    popular = surroundings.products(buy_again.purchases(lines(*SHOP), AS_OF)).to_pandas().set_index("product_id")
    # THEN milk has five purchases of two customers, both of whom came back for it
    assert popular.loc["milk", ["buyers", "buyers_28", "bought_again"]].tolist() == [2, 1, 1.0]
    assert popular.loc["bread", ["buyers", "buyers_7"]].tolist() == [2, 1]


def test_candidates_are_the_customers_own_and_new_products():
    # GIVEN / WHEN
    frame = features(lines(*SHOP), ATTRIBUTES, LEVELS, AS_OF, LIMITS)
    # THEN
    assert frame[[*KEYS, "new"]].to_numpy().tolist() == [
        ["a", "bread", 0],
        ["a", "milk", 0],
        ["a", "tea", 1],
        ["b", "bread", 0],
        ["b", "milk", 0],
        ["b", "tea", 0],
    ]
    new = frame[frame["new"] == 1].iloc[0]
    assert np.isnan(new["recency"]) and np.isnan(new["category_recency"]) and new["buyers"] == 1
    assert frame.columns.tolist() == [*KEYS, *columns(LEVELS)]


def test_lines_at_or_after_the_moment_change_nothing():
    # GIVEN the same shop, where more happens from the moment on
    after = [("a", "tea", 0, 1), ("b", "milk", -3, 9), ("c", "milk", -1, 1), ("a", "coffee", -2, 1)]
    # WHEN
    before = features(lines(*SHOP), ATTRIBUTES, LEVELS, AS_OF, LIMITS)
    later = features(lines(*SHOP, *after), ATTRIBUTES, LEVELS, AS_OF, LIMITS)
    # THEN
    pd.testing.assert_frame_equal(before, later)


def test_a_label_tells_what_was_bought_in_the_horizon_alone():
    # GIVEN tea bought at the moment, bread a day after the horizon
    table = lines(*SHOP, ("a", "tea", 0, 1), ("a", "bread", -8, 1), ("a", "milk", -2, -1))
    frame = features(table, ATTRIBUTES, LEVELS, AS_OF, LIMITS)
    # WHEN
    taught = labelled(frame, table, AS_OF, AS_OF + timedelta(days=7))
    # THEN
    assert taught.loc[taught["bought"] == 1, list(KEYS)].to_numpy().tolist() == [["a", "tea"]]


def test_products_on_too_few_lines_are_left_out():
    # GIVEN / WHEN
    kept = established(lines(*SHOP, ("a", "tea", -1, 1)), AS_OF, 2).to_pandas()
    # THEN
    assert set(kept["product_id"]) == {"milk", "bread"}


def test_a_shop_without_purchases_has_no_candidates():
    # GIVEN / WHEN
    frame = features(lines(), ATTRIBUTES, LEVELS, AS_OF, LIMITS)
    # THEN
    assert frame.empty and frame.columns.tolist() == [*KEYS, *columns(LEVELS)]


def test_one_customer_has_their_own_products():
    # GIVEN / WHEN
    frame = features(lines(("a", "milk", 2, 1)), ATTRIBUTES, LEVELS, AS_OF, LIMITS)
    # THEN
    assert frame[[*KEYS, "new", "purchases"]].to_numpy().tolist() == [["a", "milk", 0, 1]]
