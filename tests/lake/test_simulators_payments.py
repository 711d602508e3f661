"""Simulated payments: the patterns are there, customers have habits, and rules alone find a part of the fraud."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from lake.simulators.paying import PaymentAssumptions
from lake.simulators.payments import payments
from lake.simulators.people import PeopleAssumptions
from lake.simulators.simulated import Simulated

# More fraud than is assumed by default, so that few payments hold enough of it.
ASSUMED = PaymentAssumptions(
    people=PeopleAssumptions(customers=2000),
    stolen_per_1000=10.0,
    takeover_per_1000=10.0,
    testing_per_1000=10.0,
    ring_per_1000=10.0,
)
FRAUD = {"stolen_card", "takeover", "card_testing", "ring"}
Row = dict[str, Any]


@pytest.fixture(scope="module")
def made() -> Simulated:
    return payments(ASSUMED, days=90, seed=5)


@pytest.fixture(scope="module")
def rows(made) -> list[Row]:
    found = made.tables["payments"].to_pylist()
    return [{**row, "pattern": pattern} for row, pattern in zip(found, made.patterns.to_pylist(), strict=True)]


@pytest.fixture(scope="module")
def labels(made) -> dict[str, Row]:
    return {row["event_id"]: row for row in made.tables["labels"].to_pylist()}


def of(rows: list[Row], pattern: str) -> list[Row]:
    return [r for r in rows if r["pattern"] == pattern]


def grouped(rows: list[Row], column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def ruled(rows: list[Row]) -> list[bool]:
    """What rules of thumb catch: many cards of one device within the hour, and all new with a high amount."""
    seen: dict[str, set[str]] = defaultdict(set)
    lately: dict[str, list[tuple[Any, str]]] = defaultdict(list)
    caught = []
    for row in rows:
        device, at = row["device_id"], row["occurred_at"]
        lately[device] = [x for x in lately[device] if x[0] > at - timedelta(hours=1)] + [(at, row["card_fingerprint"])]
        new = [row[c] not in seen[c] for c in ("device_id", "shipping_address", "customer_id")]
        caught.append(len({card for _, card in lately[device]}) >= 4 or (all(new) and row["amount"] > 120))
        for c in ("device_id", "shipping_address", "customer_id"):
            seen[c].add(row[c])
    return caught


def test_cards_are_tested_from_few_devices_within_minutes(rows):
    # GIVEN payments of tested cards
    tests = of(rows, "card_testing")
    # WHEN they are grouped by device
    bursts = [b for b in grouped(tests, "device_id").values() if len(b) > 3]
    # THEN there are such devices, each with about as many cards as payments, most declined, within two hours
    assert bursts
    assert all(len({r["card_fingerprint"] for r in b}) == len(b) for b in bursts)
    assert all(b[-1]["occurred_at"] - b[0]["occurred_at"] < timedelta(hours=2) for b in bursts)
    assert np.mean([r["outcome"] == "declined" for r in tests]) > 0.4


def test_a_ring_shares_devices_addresses_and_cards(rows):
    # GIVEN payments of rings, and of good newcomers
    ring = of(rows, "ring")
    # WHEN accounts per device, address and card are counted
    shared = {
        column: np.mean([len({r["customer_id"] for r in g}) for g in grouped(ring, column).values()])
        for column in ("device_id", "shipping_address", "card_fingerprint")
    }
    # THEN several accounts share each, and most use the coupon for a first order
    assert min(shared.values()) > 1.3
    assert np.mean([r["coupon"] is not None for r in ring]) > 0.5


def test_an_account_taken_over_had_its_owner_before(rows):
    # GIVEN payments from accounts taken over
    owners = {r["customer_id"] for r in of(rows, "habit")}
    taken = of(rows, "takeover")
    # WHEN they are compared with their owners' payments
    known = np.mean([r["customer_id"] in owners for r in taken])
    devices = {r["device_id"] for r in of(rows, "habit")}
    own_device = np.mean([r["device_id"] in devices for r in taken])
    # THEN most accounts have paid, and some thieves come with the owner's device: no new device tells them
    assert known > 0.7
    assert 0.1 < own_device < 0.6


def test_a_stolen_card_pays_more_and_goes_to_a_new_address(rows):
    # GIVEN payments with stolen cards
    stolen, habit = of(rows, "stolen_card"), of(rows, "habit")
    addresses = {r["shipping_address"] for r in habit}
    # WHEN they are compared with good ones
    # THEN they are dearer in the middle, though amounts overlap, and no good parcel went where theirs go
    middle = np.median([float(r["amount"]) for r in stolen])
    assert np.median([float(r["amount"]) for r in habit]) < middle
    assert np.mean([float(r["amount"]) > middle for r in habit]) > 0.05
    assert not {r["shipping_address"] for r in stolen} & addresses


def test_customers_share_households_and_offices(rows):
    # GIVEN good payments
    habit = of(rows, "habit")
    # WHEN accounts per address, device and internet address are counted
    most = {
        column: max(len({r["customer_id"] for r in g}) for g in grouped(habit, column).values())
        for column in ("shipping_address", "device_id", "ip")
    }
    # THEN good customers share all three: sharing alone is no fraud
    assert most["shipping_address"] >= 3
    assert most["device_id"] >= 2
    assert most["ip"] >= 20


def test_chargebacks_come_between_the_days_stated(rows, labels):
    # GIVEN labels of charged-back payments
    at = {r["payment_id"]: r["occurred_at"] for r in rows}
    waits = [
        (row["labelled_at"] - at[event]) / timedelta(days=1)
        for event, row in labels.items()
        if row["source"] == "chargeback"
    ]
    # WHEN their delays are looked at
    # THEN all lie between the earliest and the latest, about the median stated
    assert min(waits) >= ASSUMED.chargeback_days[0] - 1e-6
    assert max(waits) <= ASSUMED.chargeback_days[1] + 1e-6
    assert np.median(waits) == pytest.approx(ASSUMED.chargeback_median_days, rel=0.25)


def test_rules_alone_miss_a_good_part(rows):
    # GIVEN rules of thumb that a shop may have
    caught = ruled(rows)
    truth = [r["pattern"] in FRAUD for r in rows]
    # WHEN they see every payment in turn
    recall = np.mean([c for c, t in zip(caught, truth, strict=True) if t])
    false = np.mean([c for c, t in zip(caught, truth, strict=True) if not t])
    # THEN they catch some, miss at least four in ten, and blame good customers on the way
    assert 0.1 < recall < 0.6
    assert false > 0
