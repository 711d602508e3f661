"""An attempt to log in: what is asked of it, how it is counted, and what the model is told of it beside its past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field

from commerce import networks
from commerce.assessments.assessment import EventQuestion, Variables
from commerce.assessments.fields import Country
from commerce.families.access.parameters import AccessParameters
from commerce.families.access.streams import FAILED
from commerce.streams import Event
from commerce.streams.windows import micros

Name = Annotated[str, Field(min_length=1, max_length=1024)]
COLUMNS = ("customer_id", "ip", "device_id", "user_agent", "ip_country")
FACTS = ("ip_country", "failure_reason")
"""Fields that a history keeps."""
WORDS: dict[str, str] = {
    "hour": "the hour of the day, {value:.0f}:00 UTC",
    "weekend": "the day of the week",
    "succeeded": "whether the password was right ({value:.0f})",
    "unknown_account": "the account does not exist",
}


class LoginQuestion(EventQuestion):
    """An attempt to log in, best asked when the password is checked and before the customer is let in."""

    succeeded: bool | None = Field(default=None, description="whether the password was right")
    failure_reason: Name | None = Field(default=None, description="wrong_password, unknown_account, …")
    ip: Name | None = None
    ip_country: Country | None = None
    device_id: Name | None = None
    user_agent: Name | None = None


def counted(event_id: str, at: datetime, login: Mapping[str, Any]) -> Event:
    """As the streams count it. `login` has the names of the question and of `Login Attempted`."""
    columns = {name: login.get(name) for name in COLUMNS} | {"network": networks.network(login.get("ip"))}
    return Event(event_id, micros(at), columns, {FAILED: int(login.get("succeeded") is False)})


def variables(at: datetime, login: Mapping[str, Any]) -> Variables:
    """What the model is told of the attempt itself."""
    succeeded = login.get("succeeded")
    return {
        "hour": float(at.hour),
        "weekend": float(at.weekday() >= 5),
        "succeeded": None if succeeded is None else float(succeeded),
        "unknown_account": float(login.get("customer_id") is None),
    }


def amount(_login: Mapping[str, Any], parameters: BaseModel) -> float:
    """What is at stake: what an account that is taken over costs."""
    return cast(AccessParameters, parameters).account_value
