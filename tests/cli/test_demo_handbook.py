"""The Handbook's payments as the demo's week."""

from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import pytest

from cli import definitions
from cli.demo import handbook
from commerce.families import family
from commerce.rules.ruling import problems
from commerce.rules.vocabulary import vocabulary

TODAY = date(2026, 3, 9)
MIDNIGHT = datetime.combine(TODAY, time(), UTC)
LAST = pd.Timestamp(handbook.END)
NEAR, FAR = (handbook.CENTRE, 71), 99
"""Customers who pay at the centre's terminals, and one who does not."""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Weeks of three customers, before and after the one that is shown, with a fraud of each scenario; one customer has
    nothing in common with the others."""
    rows = [
        {
            "TX_DATETIME": LAST - timedelta(days=day, hours=1 + customer % 7),
            "CUSTOMER_ID": customer,
            "TERMINAL_ID": terminal,
        }
        for day in range(-5, 70)
        for customer, terminal in ((NEAR[0], 1 + day % 2), (NEAR[1], 1), (FAR, 7))
    ]
    frame = pd.DataFrame(rows).assign(TX_AMOUNT=20.000000000000004, TX_FRAUD_SCENARIO=0)
    frame.loc[[1, 31, 61], "TX_FRAUD_SCENARIO"] = [1, 2, 3]
    frame = frame.assign(TRANSACTION_ID=range(len(frame)), TX_FRAUD=(frame["TX_FRAUD_SCENARIO"] > 0).astype(int))
    path = tmp_path_factory.mktemp("handbook") / handbook.FILE
    frame.to_parquet(path)
    return path


@pytest.fixture(scope="module")
def shop(file):
    return handbook.shop(file, TODAY)


def test_the_chosen_week_is_the_one_that_just_ended(shop):
    # GIVEN the Handbook's file
    # WHEN it is moved to today
    times = [payment.at for payment in (*shop.history, *shop.week)]
    # THEN the week's last day is yesterday, what lies after it or more than 63 days back is left out
    assert times == sorted(times)
    assert times[-1].date() == TODAY - timedelta(days=1)
    assert times[0] >= MIDNIGHT - timedelta(days=63)
    assert shop.history[-1].at < MIDNIGHT - timedelta(days=7) <= shop.week[0].at


def test_only_who_pays_at_the_same_terminals_is_in_it(shop):
    # GIVEN a customer of other terminals
    # WHEN the shop's customers are looked at THEN that one is none of them
    assert {payment.customer_id for payment in shop.history} == {str(customer) for customer in NEAR}


def test_a_fraud_has_its_scenario_and_is_known_a_week_later(shop):
    # GIVEN three frauds
    frauds = [payment for payment in (*shop.history, *shop.week) if payment.fraud]
    # WHEN they are looked at THEN each has its scenario, and somebody tells of it after seven days
    assert {fraud.pattern for fraud in frauds} <= set(handbook.PATTERNS.values()) and frauds
    assert all(fraud.known_at == fraud.at + timedelta(days=7) for fraud in frauds)
    assert all(payment.known_at is None for payment in shop.week if not payment.fraud)


def test_what_is_asked_is_a_payment_at_a_terminal(shop):
    # GIVEN a payment WHEN it is asked about THEN its terminal is the device, and its amount has cents
    question = shop.week[0].question()
    assert (question.device_id, question.amount, question.currency) == ("1", 20.0, "USD")


def test_a_machine_without_the_file_has_none(monkeypatch, tmp_path):
    # GIVEN a folder without it WHEN it is looked for THEN there is none
    monkeypatch.setenv("SHOPKEEPER_DATA", str(tmp_path))
    assert handbook.path() is None


def test_its_rules_are_ones_that_may_go_live():
    # GIVEN the example's rules for terminals WHEN they are checked as when they are saved THEN nothing is wrong
    draft = definitions.rules(handbook.RULES)
    assessment = family("fraud").assessment
    assert assessment is not None and draft.rules
    assert problems(draft.rules, vocabulary(assessment)) == {}
