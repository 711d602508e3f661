"""A session: what is asked of it, how it is counted, and what the model is told of it beside its past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field

from commerce import networks
from commerce.assessments.assessment import EventQuestion, Variables
from commerce.assessments.fields import Traffic
from commerce.families.bots import traffic
from commerce.families.bots.parameters import BotsParameters
from commerce.families.bots.streams import REQUESTS
from commerce.streams import Event
from commerce.streams.windows import micros

Name = Annotated[str, Field(min_length=1, max_length=1024)]
COLUMNS = ("customer_id", "ip", "user_agent", "device_id")
FACTS = ("user_agent",)
"""Fields that a history keeps."""
WORDS: dict[str, str] = traffic.WORDS | {
    "hour": "the hour of the day, {value:.0f}:00 UTC",
    "known_customer": "whether a customer logged in ({value:.0f})",
}


class SessionQuestion(EventQuestion, Traffic):
    """A session so far, or one that ended, with the statistics of its traffic. What is not known is left out."""

    ip: Name | None = None
    user_agent: Name | None = None
    device_id: Name | None = None


def counted(event_id: str, at: datetime, session: Mapping[str, Any]) -> Event:
    """As the streams count it. `session` has the names of the question and of `Session Observed`."""
    columns = {name: session.get(name) for name in COLUMNS} | {"network": networks.network(session.get("ip"))}
    return Event(event_id, micros(at), columns, {REQUESTS: round(session.get("requests") or 0.0)})


def variables(at: datetime, session: Mapping[str, Any]) -> Variables:
    """What the model is told of the session itself."""
    return traffic.variables(session) | {
        "hour": float(at.hour),
        "known_customer": float(session.get("customer_id") is not None),
    }


def amount(_session: Mapping[str, Any], parameters: BaseModel) -> float:
    """What is at stake: what a robot's session costs."""
    return cast(BotsParameters, parameters).session_cost
