"""Bots: is this visit a person's?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from commerce.assessments.answer import Assessed
from commerce.assessments.assessment import Assessment
from commerce.assessments.gates import GATES
from commerce.assessments.requirements import of_events
from commerce.families.bots import traffic
from commerce.families.bots.parameters import BotsParameters
from commerce.families.bots.session import FACTS, WORDS, SessionQuestion, amount, counted, variables
from commerce.families.bots.streams import STREAMS
from commerce.family import Family
from commerce.readiness import Requirement
from commerce.streams.wording import words

if TYPE_CHECKING:
    from commerce.rules.book import Rule

NAMES = {"ip": "internet address", "device_id": "device", "user_agent": "browser"}


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:
    """Sessions, and labels."""
    return of_events("sessions", ("session_id", "ended_at"), parameters)


def rules() -> Sequence[Rule]:
    """Those that hold until a shop has its own; made when they are asked for."""
    from commerce.families.bots.rules import RULES

    return RULES


FAMILY = Family(
    name="bots",
    title="Bots",
    question="How likely is it that this visit is a robot's?",
    entity="event",
    mode="function",
    parameters=BotsParameters,
    answer=Assessed,
    assessment=Assessment(
        event_type="session",
        summary="Decide on a session: approve, review (ask for a puzzle) or block",
        question=SessionQuestion,
        tracked="Session Observed",
        id_property="session_id",
        streams=STREAMS,
        counted=counted,
        variables=variables,
        names=(*traffic.NAMES, "hour", "known_customer"),
        facts=FACTS,
        amount=amount,
        rules=rules,
        words=WORDS | words(STREAMS, "session", NAMES),
    ),
    requirements=requirements,
    gates=GATES,
    primary_metric="ap",
    schedule="cron(45 2 ? * * *)",
)
