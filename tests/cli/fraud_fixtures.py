"""A made-up week of decisions for the demo's report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.demo.payments import Payment
from cli.report.decisions import Decided, FraudReport
from commerce.assessments.reviews import Given, Review
from commerce.families import family
from commerce.families.fraud.parameters import FraudParameters
from tests.cli.assessment_fixtures import DECIDED, decided, simulation
from tests.cli.recommendation_fixtures import learnt

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def payment(id_="p-1", amount=100.0, pattern="habit", declined=False, hour=0, **changes) -> Payment:
    at = BEGIN + timedelta(hours=hour)
    return Payment(id_, at, "c", {"amount": amount, "currency": "EUR"}, declined, pattern, **changes)


def one(id_, outcome, milliseconds=20.0, **changes) -> Decided:
    return Decided(payment(id_, **changes), decided(id_, outcome), milliseconds)


WEEK = (
    one("a", "approve", 900.0, amount=50.0),
    one("b", "block", amount=200.0, pattern="takeover"),
    one("c", "review", amount=300.0, pattern="stolen_card"),
    one("d", "block", amount=40.0),
    one("e", "approve", amount=70.0, pattern="ring"),
    one("f", "review", amount=5.0, pattern="card_testing", declined=True),
)


def fraud_report(**changes) -> FraudReport:
    spec = family("fraud")
    given = Given(fraud=True, reviewer="demo", at=DECIDED)
    values = {
        "learnt": learnt(family=spec, evaluation=None),
        "assumed": "6 payments of <nobody>",
        "currency": "EUR",
        "parameters": FraudParameters(),
        "rules": "fraud-rules.toml",
        "tried": simulation(),
        "told": 1234,
        "told_seconds": 5.0,
        "labels": 7,
        "decisions": WEEK,
        "review": Review(decision=decided("c"), amount=300.0, verdict=given),
        "seconds": 60.0,
    }
    return FraudReport(**values | changes)
