"""Features of accounts: what was known on the day, of the account and of the rest of its group."""

from __future__ import annotations

from decimal import Decimal

import pytest

from commerce.families.accounts.parameters import AccountsParameters
from tests.training.accounts.made import AS_OF, Tables, ago, fraud, known, login, order, payment, returned
from training.accounts.labels import defrauding
from training.accounts.refunds import USUAL_STRENGTH, moments

PAIR = [payment("a", 20, card_fingerprint="k"), payment("b", 5, card_fingerprint="k", coupon="WELCOME")]


def test_rows_from_the_day_on_change_nothing():
    # GIVEN accounts of a group, with an order
    before = {
        "payments": [*PAIR, payment("c", 3)],
        "labels": [fraud(PAIR[0], 2)],
        "logins": [login("a", "d", 4)],
        "orders": (orders := [order("a", 9), order("b", 8)]),
    }
    expected = known(Tables(**before))
    # WHEN what happened from the as-of date on is there too: payments, logins, labels, orders, refunds, cancellations
    orders = [
        orders[0] | {"status": "refunded", "status_at": ago(0)},
        orders[1] | {"status": "cancelled", "status_at": ago(0)},
    ]
    later = {
        "payments": [
            *before["payments"],
            payment("a", 0, card_fingerprint="c"),
            payment("c", -1, card_fingerprint="c"),
        ],
        "labels": [*before["labels"], fraud(PAIR[1], 0), fraud(before["payments"][2], -5)],
        "logins": [*before["logins"], login("c", "d", -0.5)],
        "orders": [*orders, order("c", -2, coupon="WELCOME")],
        "order_lines": [returned(orders[0], 0), returned(orders[1], -1)],
    }
    # THEN the features are the same
    assert known(Tables(**later)) == expected


def test_the_rest_of_the_group_is_told_apart_from_the_account():
    # GIVEN two accounts with one card, one of which has a fraud that is known
    rows = known(Tables(payments=[*PAIR, payment("b", 2, outcome="declined")], labels=[fraud(PAIR[1], 1)]))
    # WHEN both are looked at
    own, rest = ({name: rows[name][key] for name in "ab"} for key in ("frauds", "rest_frauds"))
    # THEN the fraud is one's own and the other's neighbour's, and so are payments, declines and coupons
    assert (own, rest) == ({"a": 0, "b": 1}, {"a": 1, "b": 0})
    assert (rows["a"]["payments"], rows["a"]["rest_payments"], rows["a"]["rest_declined_share"]) == (1, 2, 0.5)
    assert (rows["a"]["rest_coupon_share"], rows["a"]["rest_defrauding"]) == (0.5, 1)
    assert (rows["a"]["age_days"], rows["b"]["group_age_days"], rows["b"]["new_accounts"]) == (20, 20, 1)


def test_what_is_older_than_the_days_looked_at_is_left_out():
    # GIVEN accounts that shared a card long ago
    rows = [payment("a", 100, card_fingerprint="k"), payment("b", 100, card_fingerprint="k"), payment("a", 1)]
    # WHEN thirty days are looked at THEN one account is left, alone
    found = known(Tables(payments=rows), link_days=30)
    assert {name: row["accounts"] for name, row in found.items()} == {"a": None}


def test_a_coupon_counts_each_account_of_the_group_once_and_against_the_shops_habit():
    # GIVEN a group of three that all used one coupon, one of them twice and one by an order, in a shop of ten
    rows = [payment(name, card_fingerprint="k", coupon="WELCOME") for name in "aab"]
    rows += [payment("c", card_fingerprint="k"), payment("d", coupon="WELCOME"), *(payment(f"x{n}") for n in range(6))]
    orders = [order("c", coupon="WELCOME")]
    # WHEN features are made
    row = known(Tables(payments=rows, orders=orders))["a"]
    # THEN three accounts used it, where four of ten do
    assert (row["coupon"], row["coupon_accounts"]) == ("WELCOME", 3)
    assert row["coupon_chance"] == pytest.approx(0.4**3)


def test_refunds_are_orders_of_which_anything_came_back():
    # GIVEN orders: one kept, one partly returned, one refunded as its status says alone, one cancelled
    kept, partly = order("a"), order("a")
    told = order("a", status="refunded", total=Decimal(30))
    back = returned(partly, 2) | {"total": Decimal(-5)}
    orders = [kept, partly, told, order("a", status="cancelled")]
    # WHEN features are made
    row = known(Tables(payments=[payment("a")], orders=orders, order_lines=[back]))["a"]
    # THEN two of three were refunded, with half of their value
    assert (row["refunded"], row["orders"], row["refunded_value_share"]) == (2, 3, 0.5)


def test_few_orders_say_little_of_refunds():
    # GIVEN a shop in which one order of a hundred is refunded, but for one account's only one
    orders = [order(f"c{n // 4}") for n in range(100)]
    refused = [order("once")]
    lines = [returned(one, 1) for one in (orders[0], *refused)]
    seen = [payment(name) for name in dict.fromkeys(o["customer_id"] for o in (*orders, *refused))]
    # WHEN features are made
    rows = known(Tables(payments=seen, orders=orders + refused, order_lines=lines))
    # THEN one of one is far from a share of one
    assert 0.02 < rows["once"]["refund_share"] < 0.4
    assert rows["c5"]["refund_share"] < rows["once"]["refund_share"]


def test_a_shop_without_refunds_has_none_that_are_usual():
    # GIVEN no refund at all WHEN the usual share is asked for THEN it is nothing, and nothing breaks
    assert moments(accounts=3, n=5, nn=9, r=0, rr_n=0).rate == 0
    assert moments(accounts=4, n=4, nn=4, r=1, rr_n=1).strength == USUAL_STRENGTH


def test_the_label_is_a_fraud_within_the_horizon_that_was_known_within_the_delay():
    # GIVEN payments after the as-of date: fraud known in time, too late, and beyond the horizon
    rows = {name: payment(name, days) for name, days in (("in", -5), ("late", -5), ("beyond", -30), ("before", 1))}
    labels = [fraud(rows["in"], -41), fraud(rows["late"], -43), fraud(rows["beyond"], -31), fraud(rows["before"], -2)]
    # WHEN outcomes are asked for
    source = Tables(payments=list(rows.values()), labels=labels)
    found = defrauding(source, AS_OF, AccountsParameters(horizon_days=28, label_delay_days=14)).to_pyarrow().to_pylist()
    # THEN the first alone is one
    assert found == [{"entity_id": "in", "label": 1.0}]
