"""Flags and their evidence, by the shop's thresholds."""

from __future__ import annotations

from datetime import date

import pytest

from commerce.families.accounts.parameters import AccountsParameters
from training.accounts.features import COUNTED, FEATURES
from training.accounts.flags import flags, group

NAN = float("nan")
PARAMETERS = AccountsParameters()
ALONE = dict.fromkeys((*FEATURES, *COUNTED), NAN) | {
    "as_of": date(2026, 3, 1),
    "usual_refunds": 0.06,
    "usual_strength": 10.0,
}
SEVEN = ALONE | {
    "group_number": 4,
    "accounts": 7,
    "joining": 2,
    "card_things": 4,
    "card_accounts": 7,
    "device_things": 3,
    "device_accounts": 6,
    "address_things": 0,
}


def raised(row, **parameters):
    """Flag → evidence."""
    return {flag.name: flag.evidence for flag in flags(row, PARAMETERS.model_copy(update=parameters))}


def test_an_account_alone_has_no_group_and_no_flag():
    # GIVEN an account that shares nothing WHEN it is looked at THEN nothing is said of it
    assert (group(ALONE), raised(ALONE)) == (None, {})


def test_many_accounts_are_flagged_with_what_they_share():
    # GIVEN seven accounts that share devices and cards WHEN flags are raised THEN the evidence counts both
    assert raised(SEVEN) == {"multi_account": "7 accounts share 4 cards and 3 devices"}
    # AND a shop may want more accounts, or the links of another kind to be a chain's
    assert raised(SEVEN, many_accounts=8) == raised(SEVEN | {"joining": 1}) == {}


def test_a_group_names_what_is_shared_and_no_account():
    # GIVEN a group WHEN it is described THEN it has counts by kind under an id that holds no account's
    found = group(SEVEN)
    assert found is not None and (found.id, found.accounts) == ("2026-03-01/4", 7)
    assert [(s.kind, s.things, s.accounts) for s in found.shared] == [("card", 4, 7), ("device", 3, 6)]


@pytest.mark.parametrize(
    ("accounts", "chance", "expected"),
    [(5, 0.001, True), (5, 0.2, False), (2, 0.001, False)],
    ids=["unlikely", "as others do", "too few"],
)
def test_a_coupon_is_abused_where_many_use_it_beyond_chance(accounts, chance, expected):
    # GIVEN a coupon of several accounts WHEN flags are raised THEN it takes both many and an unlikely number
    row = ALONE | {"coupon": "WELCOME", "coupon_accounts": accounts, "coupon_chance": chance}
    evidence = {"coupon_abuse": "the coupon WELCOME was used by 5 accounts of this group"}
    assert raised(row) == (evidence if expected else {})


@pytest.mark.parametrize(
    ("refunded", "orders", "usual", "expected"),
    [(8, 9, 0.06, True), (1, 1, 0.06, False), (1, 9, 0.06, False), (8, 9, 0.7, False), (8, 9, 0.0, False)],
    ids=["eight of nine", "one of one", "one of nine", "where most are", "where none are known"],
)
def test_refunds_are_flagged_where_their_odds_are_surely_far_above_the_usual(refunded, orders, usual, expected):
    # GIVEN an account's refunds WHEN flags are raised THEN few orders are not enough, nor what is usual here
    row = ALONE | {"refunded": refunded, "orders": orders, "usual_refunds": usual}
    assert raised(row) == ({"refund_abuse": "8 of 9 orders refunded; usual here 6%"} if expected else {})


def test_refunds_of_a_group_count_where_several_accounts_have_them():
    # GIVEN a group whose accounts have one order each, nearly all refunded
    row = ALONE | {"refunded": 0, "orders": 1, "group_refunded": 6, "group_orders": 7, "group_refunding": 6}
    # WHEN flags are raised THEN the group's refunds are, but not those of a single account of it
    assert raised(row) == {"refund_abuse": "6 of 7 orders of this group refunded; usual here 6%"}
    assert raised(row | {"group_refunding": 1}) == {}


@pytest.mark.parametrize(
    ("frauds", "evidence"),
    [(1, "1 payment of 1 other account of this group is known as fraud"),
     (3, "3 payments of 1 other account of this group are known as fraud")],
)  # fmt: skip
def test_fraud_of_other_accounts_of_the_group_is_flagged(frauds, evidence):
    # GIVEN known fraud of the rest of the group WHEN flags are raised THEN it is counted
    assert raised(ALONE | {"rest_frauds": frauds, "rest_defrauding": 1}) == {"known_fraud_nearby": evidence}
