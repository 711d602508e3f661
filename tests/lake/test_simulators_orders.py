"""Simulated orders: of the payments that went through, with refunds after them, and a ring's are many."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import numpy as np
import pytest

from lake.simulators.ordering import OrderAssumptions, orders
from lake.simulators.paying import PaymentAssumptions
from lake.simulators.payments import payments
from lake.simulators.people import PeopleAssumptions

ASSUMED = PaymentAssumptions(people=PeopleAssumptions(customers=800), ring_per_1000=60.0, ring_payments=3.0)
REFUNDS = OrderAssumptions()


@pytest.fixture(scope="module")
def made():
    return payments(ASSUMED, days=90, seed=4)


@pytest.fixture(scope="module")
def tables(made):
    return {name: rows.to_pylist() for name, rows in orders(made, REFUNDS, seed=4).items()}


def test_every_payment_that_went_through_is_an_order_of_its_amount(made, tables):
    # GIVEN payments
    paid = {p["order_id"]: p["amount"] for p in made.tables["payments"].to_pylist() if p["outcome"] == "approved"}
    # WHEN their orders and lines are looked at
    sold = {line["order_id"]: line["total"] for line in tables["order_lines"] if line["kind"] == "sale"}
    # THEN they are the same, and no declined payment has one
    assert {order["order_id"]: order["total"] for order in tables["orders"]} == sold == paid


def test_what_is_refunded_comes_back_whole_within_the_days_stated(tables):
    # GIVEN refunded orders
    refunded = {order["order_id"]: order for order in tables["orders"] if order["status"] == "refunded"}
    # WHEN the lines of what came back are put beside them
    back = {line["order_id"]: line for line in tables["order_lines"] if line["kind"] == "return"}
    # THEN each has one, of the negative amount, when the status changed
    assert set(back) == set(refunded) and back
    low, high = (timedelta(days=days) for days in REFUNDS.refund_days)
    for id_, order in refunded.items():
        assert (back[id_]["total"], back[id_]["ordered_at"]) == (-order["total"], order["status_at"])
        assert low <= order["status_at"] - order["ordered_at"] <= high


def test_rings_claim_far_more_back_than_others(made, tables):
    # GIVEN orders by what their payments truly were
    patterns = dict(zip(made.tables["payments"]["order_id"].to_pylist(), made.patterns.to_pylist(), strict=True))
    refunded = defaultdict(list)
    for order in tables["orders"]:
        refunded[patterns[order["order_id"]]].append(order["status"] == "refunded")
    # WHEN shares are taken THEN they are about those stated
    assert np.mean(refunded["ring"]) == pytest.approx(REFUNDS.ring_refunded, abs=0.12)
    assert np.mean(refunded["habit"]) == pytest.approx(REFUNDS.refunded, abs=0.03)


def test_accounts_of_a_ring_pay_several_times_where_that_is_assumed(made):
    # GIVEN payments of rings
    rows = zip(made.tables["payments"]["customer_id"].to_pylist(), made.patterns.to_pylist(), strict=True)
    ring = [customer for customer, pattern in rows if pattern == "ring"]
    # WHEN they are counted by account THEN each pays about so often
    assert len(ring) / len(set(ring)) == pytest.approx(ASSUMED.ring_payments, rel=0.3)
