"""Fraud: is this payment one that will be charged back?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from commerce.assessments.answer import Assessed
from commerce.assessments.assessment import Assessment
from commerce.assessments.gates import GATES
from commerce.assessments.requirements import of_events
from commerce.families.accounts.context import ACCOUNT
from commerce.families.fraud.parameters import FraudParameters
from commerce.families.fraud.payment import FACTS, WORDS, PaymentQuestion, amount, counted, variables
from commerce.families.fraud.streams import STREAMS
from commerce.family import Family
from commerce.readiness import Requirement
from commerce.streams.wording import words

if TYPE_CHECKING:
    from commerce.rules.book import Rule

NAMES = {
    "email_domain": "e-mail domain",
    "ip": "internet address",
    "address": "shipping address",
    "shipping_address": "shipping address",
    "card_fingerprint": "card",
    "customer_id": "customer",
    "device_id": "device",
    "customer_device": "customer on this device",
    "customer_address": "customer at this address",
    "log_amount": "amount",
    "declined": "declined payments",
}


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:
    """Payments, and labels."""
    return of_events("payments", ("payment_id", "occurred_at", "amount"), parameters)


def rules() -> Sequence[Rule]:
    """Those that hold until a shop has its own; made when they are asked for."""
    from commerce.families.fraud.rules import RULES

    return RULES


FAMILY = Family(
    name="fraud",
    title="Fraud",
    question="How likely is it that this payment turns out to be fraud?",
    entity="event",
    mode="function",
    parameters=FraudParameters,
    answer=Assessed,
    assessment=Assessment(
        event_type="payment",
        summary="Decide on a payment: approve, review or block",
        question=PaymentQuestion,
        tracked="Payment Attempted",
        id_property="payment_id",
        streams=STREAMS,
        counted=counted,
        variables=variables,
        names=tuple(WORDS),
        facts=FACTS,
        amount=amount,
        rules=rules,
        context=ACCOUNT,
        words=WORDS | words(STREAMS, "payment", NAMES),
    ),
    requirements=requirements,
    gates=GATES,
    primary_metric="ap",
    schedule="cron(0 2 ? * * *)",
)
