"""Access: is this attempt to log in the customer's own?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from commerce.assessments.answer import Assessed
from commerce.assessments.assessment import Assessment
from commerce.assessments.gates import GATES
from commerce.assessments.requirements import of_events
from commerce.families.access.login import FACTS, WORDS, LoginQuestion, amount, counted, variables
from commerce.families.access.parameters import AccessParameters
from commerce.families.access.streams import STREAMS
from commerce.family import Family
from commerce.readiness import Requirement
from commerce.streams.wording import words

if TYPE_CHECKING:
    from commerce.rules.book import Rule

NAMES = {
    "ip": "internet address",
    "customer_id": "customer",
    "customer": "customer's account",
    "device_id": "device",
    "ip_country": "country",
    "user_agent": "browser",
    "customer_device": "customer on this device",
    "customer_network": "customer in this network",
    "failed": "failed attempts",
}


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:
    """Attempts to log in, and labels."""
    return of_events("logins", ("login_id", "occurred_at", "succeeded"), parameters)


def rules() -> Sequence[Rule]:
    """Those that hold until a shop has its own; made when they are asked for."""
    from commerce.families.access.rules import RULES

    return RULES


FAMILY = Family(
    name="access",
    title="Account takeover",
    question="How likely is it that this attempt to log in is not the customer's own?",
    entity="event",
    mode="function",
    parameters=AccessParameters,
    answer=Assessed,
    assessment=Assessment(
        event_type="login",
        summary="Decide on an attempt to log in: approve, review (ask for a second factor) or block",
        question=LoginQuestion,
        tracked="Login Attempted",
        id_property="login_id",
        streams=STREAMS,
        counted=counted,
        variables=variables,
        names=tuple(WORDS),
        facts=FACTS,
        amount=amount,
        rules=rules,
        words=WORDS | words(STREAMS, "login", NAMES),
    ),
    requirements=requirements,
    gates=GATES,
    primary_metric="ap",
    schedule="cron(30 2 ? * * *)",
)
