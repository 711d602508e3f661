"""Simulated logins: habits, mistakes and attacks are there, and no simple limit tells them apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from lake.simulators.entering import LoginAssumptions
from lake.simulators.logins import logins
from lake.simulators.people import PeopleAssumptions

ASSUMED = LoginAssumptions(people=PeopleAssumptions(customers=1500))
Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    made = logins(ASSUMED, days=60, seed=5)
    found = made.tables["logins"].to_pylist()
    return [{**row, "pattern": pattern} for row, pattern in zip(found, made.patterns.to_pylist(), strict=True)]


def of(rows: list[Row], pattern: str) -> list[Row]:
    return [r for r in rows if r["pattern"] == pattern]


def failures_of_address(rows: list[Row]) -> list[int]:
    """Failed attempts of each row's address in the hour before it: the usual limit."""
    lately: dict[str, list[Any]] = defaultdict(list)
    found = []
    for row in rows:
        ip, at = row["ip"], row["occurred_at"]
        lately[ip] = [x for x in lately[ip] if x > at - timedelta(hours=1)]
        found.append(len(lately[ip]))
        if not row["succeeded"]:
            lately[ip].append(at)
    return found


def test_people_mistype_and_then_get_in(rows):
    # GIVEN logins by habit
    habit = of(rows, "habit")
    failed = [r for r in habit if not r["succeeded"]]
    # WHEN failures are counted by reason
    reasons = Counter(r["failure_reason"] for r in failed)
    # THEN a good part of all failures is honest, for both reasons, and a success has none
    assert 0.05 < len(failed) / len(habit) < 0.3
    assert set(reasons) == {"wrong_password", "unknown_account"}
    assert all(r["failure_reason"] is None for r in habit if r["succeeded"])


def test_people_travel_and_share_networks(rows):
    # GIVEN logins by habit
    habit = of(rows, "habit")
    # WHEN countries per customer and customers per address are counted
    countries, customers = defaultdict(set), defaultdict(set)
    for r in habit:
        countries[r["customer_id"]].add(r["ip_country"])
        customers[r["ip"]].add(r["customer_id"])
    # THEN some customers come from two countries, and some addresses are those of many
    assert 0.03 < np.mean([len(c) > 1 for c in countries.values()]) < 0.3
    assert max(len(c) for c in customers.values()) > 20


def test_stuffing_tries_many_accounts_once_from_rotating_addresses(rows):
    # GIVEN attempts of credential stuffing
    wave = of(rows, "stuffing")
    # WHEN accounts and addresses are counted
    accounts = Counter(r["customer_id"] for r in wave if r["customer_id"])
    addresses = Counter(r["ip"] for r in wave)
    # THEN most names are of nobody, accounts are hardly tried twice, most addresses only a few times, and few get in
    assert np.mean([r["customer_id"] is None for r in wave]) > 0.5
    assert np.mean(list(accounts.values())) < 1.6
    assert np.median(list(addresses.values())) <= 5
    assert np.mean([r["succeeded"] for r in wave]) < 0.05


def test_an_address_of_stuffing_lies_in_one_country(rows):
    # GIVEN attempts of credential stuffing
    countries = defaultdict(set)
    # WHEN countries are collected by address
    for r in of(rows, "stuffing"):
        countries[r["ip"]].add(r["ip_country"])
    # THEN each address has one
    assert {len(c) for c in countries.values()} == {1}


def test_guessing_is_patient_with_one_account(rows):
    # GIVEN slow guesses
    cases = defaultdict(list)
    for r in of(rows, "guessing"):
        cases[r["customer_id"]].append(r)
    guesses = max(cases.values(), key=len)
    # WHEN the time between them is looked at
    gaps = np.diff([r["occurred_at"].timestamp() for r in guesses]) / 3600
    # THEN there are several on one account, hours apart, hardly ever from the same address
    assert len(guesses) >= 5
    assert np.median(gaps) > 0.5
    assert len({r["ip"] for r in guesses}) > 0.8 * len(guesses)


def test_a_takeover_gets_in_from_a_new_device_for_the_most_part(rows):
    # GIVEN logins of those who took an account over
    taken = of(rows, "takeover")
    devices = {r["device_id"] for r in of(rows, "habit")}
    # WHEN their devices are looked up among those of habit
    new = np.mean([r["device_id"] not in devices for r in taken])
    # THEN most are new, not all, and most attempts succeed
    assert 0.5 < new < 0.98
    assert np.mean([r["succeeded"] for r in taken]) > 0.6


def test_a_limit_on_failures_of_an_address_misses_most(rows):
    # GIVEN the usual limit, set so that one honest login in a thousand is above it
    failures = failures_of_address(rows)
    honest = [f for f, r in zip(failures, rows, strict=True) if r["pattern"] == "habit"]
    limit = np.quantile(honest, 0.999)
    # WHEN attacks are held against it
    caught = [f > limit for f, r in zip(failures, rows, strict=True) if r["pattern"] != "habit"]
    # THEN it misses most of them
    assert np.mean(caught) < 0.5
