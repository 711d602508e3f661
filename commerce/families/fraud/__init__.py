"""Fraud: is this payment one that will be charged back?"""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel

from commerce.assessments.answer import Assessed
from commerce.assessments.assessment import Assessment
from commerce.assessments.parameters import AssessmentParameters
from commerce.evaluation import Gate
from commerce.families.fraud.parameters import FraudParameters
from commerce.families.fraud.payment import WORDS, PaymentQuestion, amount, counted, variables
from commerce.families.fraud.streams import STREAMS
from commerce.family import Family
from commerce.readiness import Requirement
from commerce.streams.wording import words

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
    """Payments over the days that are learned from; labels, where there are any yet."""
    days = cast(AssessmentParameters, parameters)
    return (
        Requirement(
            table="payments",
            columns=("payment_id", "occurred_at", "amount"),
            min_rows=1000,
            min_days=days.holdout_days + 2 * days.label_delay_days + 7,
            max_age_days=7,
        ),
        Requirement(table="labels", optional=True),
    )


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
        amount=amount,
        words=WORDS | words(STREAMS, "payment", NAMES),
    ),
    requirements=requirements,
    gates=(
        Gate(metric="ap", better="higher", margin_to_champion=0.03, margin_to_floors=0.02),
        Gate(metric="auc", better="higher", bound=0.6, margin_to_champion=0.02, margin_to_floors=0.02),
    ),
    primary_metric="ap",
    schedule="cron(0 2 ? * * *)",
)
