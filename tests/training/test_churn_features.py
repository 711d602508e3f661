"""Churn features: right on small cases, blind to the future, and the same on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake import Lake
from tests.training.conftest import line, order, source
from training.churn.features import FIELDS, features
from training.churn.labels import default_horizon, first_purchase, returned
from training.contract import TrainingError

AS_OF = date(2025, 3, 1)
NUMBERS = [f.name for f in FIELDS]


def at(days_ago: float, as_of: date = AS_OF) -> datetime:
    return datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) - timedelta(days=days_ago)


def test_a_customer_is_described_by_purchases_before_the_as_of_date():
    # GIVEN three purchases 50, 20 and 5 days ago
    orders = [order(i, "a", at(days), total) for i, (days, total) in enumerate([(50, 10), (20, 20), (5, 40)])]
    # WHEN
    row = features(source(orders), AS_OF, 365, 30).to_pandas().iloc[0]
    # THEN
    expected = {"recency": 5, "tenure": 50, "purchases": 3, "gap_mean": 22.5, "gap_longest": 30, "gap_last": 15}
    expected |= {"purchases_30": 2, "purchases_90": 3, "spent_30": 60, "spent_365": 70, "returns": 0}
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert row["decayed_30"] == pytest.approx(sum(np.exp(-d / 30) for d in (50, 20, 5)))


def test_orders_of_one_day_are_one_purchase():
    # GIVEN two orders four hours apart
    orders = [order(0, "a", at(10.0), 10), order(1, "a", at(9.9), 10)]
    # WHEN
    row = features(source(orders), AS_OF, 365, 30).to_pandas().iloc[0]
    # THEN
    assert (row["purchases"], row["spent_30"]) == (1, 20)


def test_cancelled_and_anonymous_orders_do_not_count():
    # GIVEN
    orders = [order(0, "a", at(10), 10), order(1, "a", at(5), 10, "cancelled"), order(2, None, at(3), 10)]
    # WHEN
    frame = features(source(orders), AS_OF, 365, 30).to_pandas()
    # THEN
    assert frame[["entity_id", "recency"]].to_numpy().tolist() == [["a", 10.0]]


def test_an_order_cancelled_after_the_as_of_date_still_counts_on_it():
    # GIVEN an order placed five days ago, whose cancellation came later
    cancelled = order(0, "a", at(5), 10, "cancelled") | {"status_at": at(-2)}
    # WHEN features are made as of today
    frame = features(source([cancelled]), AS_OF, 365, 30).to_pandas()
    # THEN they know nothing of the cancellation
    assert frame["recency"].tolist() == [5.0]


def test_returns_are_counted_by_order():
    # GIVEN a customer who sent one of two orders back
    orders = [order(0, "a", at(30), 10), order(1, "a", at(12), 15)]
    lines = [line(o) for o in orders] + [line(order(9, "a", at(8), 15), "return")]
    # WHEN
    row = features(source(orders, lines), AS_OF, 365, 30).to_pandas().iloc[0]
    # THEN
    assert (row["returns"], row["returned"], row["return_recency"]) == (1, 15, 8)


def test_who_did_not_buy_in_the_active_days_is_left_out():
    # GIVEN
    orders = [order(0, "gone", at(120), 10), order(1, "here", at(80), 10)]
    # WHEN
    frame = features(source(orders), AS_OF, 90, 30).to_pandas()
    # THEN
    assert list(frame["entity_id"]) == ["here"]


_ORDERS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 300), st.integers(1, 500), st.booleans()), min_size=1, max_size=15
)


@settings(max_examples=8, deadline=None)
@given(past=_ORDERS, future=_ORDERS)
def test_what_happens_after_the_as_of_date_changes_nothing(past, future):
    # GIVEN the same past with and without a future
    before = [order(i, c, at(d + 0.5), t) for i, (c, d, t, _) in enumerate(past)]
    after = [
        order(1000 + i, c, at(-d), t, "cancelled" if cancelled else "completed")
        for i, (c, d, t, cancelled) in enumerate(future)
    ]
    lines = [line(o) for o in before]
    later = [line(o, "return") for o in after]
    # WHEN
    known = features(source(before, lines), AS_OF, 365, 30).to_pandas().sort_values("entity_id", ignore_index=True)
    with_future = source(before + after, lines + later)
    same = features(with_future, AS_OF, 365, 30).to_pandas().sort_values("entity_id", ignore_index=True)
    # THEN
    assert known.equals(same)


def test_the_label_looks_at_the_horizon_alone():
    # GIVEN purchases on the as-of date, on the last day of the horizon and just after it
    orders = [order(i, c, at(-d), 10) for i, (c, d) in enumerate([("first", 0), ("last", 29.9), ("late", 30)])]
    # WHEN
    frame = returned(source(orders), AS_OF, 30).to_pandas()
    # THEN
    assert sorted(frame["entity_id"]) == ["first", "last"]


def test_the_default_horizon_covers_nine_of_ten_repurchases_in_whole_weeks():
    # GIVEN ten gaps of which nine are 20 days, in two years
    days = [0, *np.cumsum([20] * 9 + [60])]
    orders = [order(i, "a", at(float(d) + 1), 10) for i, d in enumerate(days)] + [order(99, "b", at(700), 10)]
    # WHEN
    horizon = default_horizon(source(orders), AS_OF)
    # THEN
    assert horizon == 28


def test_a_shop_without_repurchases_is_told_to_set_the_horizon():
    # GIVEN
    orders = [order(i, f"c{i}", at(i + 1), 10) for i in range(5)]
    # WHEN
    with pytest.raises(TrainingError) as caught:
        default_horizon(source(orders), AS_OF)
    # THEN
    assert "set the parameter horizon_days" in str(caught.value)


def test_an_empty_lake_says_what_to_load(tmp_path):
    # GIVEN
    lake = Lake.open(tmp_path)
    # WHEN
    with pytest.raises(TrainingError) as caught:
        first_purchase(lake, AS_OF)
    # THEN
    assert "load orders" in str(caught.value)
