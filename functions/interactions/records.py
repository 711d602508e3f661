"""From a message of the queue to an event of the mail service. Pure.

Form: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html. Addresses of the network
(`ipAddress`) are not read: they are nobody's business here.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

_VALIDATION = "Successfully validated SNS topic"
"""Begins the text that SES publishes once, to see whether it may."""


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_utc)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Mail(_Part):
    """The mail that something happened to."""

    timestamp: Instant
    message_id: str
    destination: list[str] = Field(default_factory=list)
    tags: dict[str, list[str]] = Field(default_factory=dict)

    def tag(self, name: str) -> str:
        """The tag's one value, or an empty text."""
        return next(iter(self.tags.get(name) or ()), "")


class Recipient(_Part):
    """One address of a bounce or complaint."""

    email_address: str


class Bounce(_Part):
    """The receiver's mail server refused the mail."""

    timestamp: Instant
    bounce_type: str
    bounce_sub_type: str = ""
    bounced_recipients: list[Recipient] = Field(default_factory=list)


class Complaint(_Part):
    """The receiver called the mail spam."""

    timestamp: Instant
    complaint_feedback_type: str | None = None
    complained_recipients: list[Recipient] = Field(default_factory=list)


class Delivery(_Part):
    """The receiver's mail server took the mail."""

    timestamp: Instant


class Open(_Part):
    """The mail's pixel was fetched."""

    timestamp: Instant
    user_agent: str | None = None


class Click(Open):
    """A link of the mail was followed."""

    link: str = ""


class Reject(_Part):
    """SES took the mail and found a virus in it."""

    reason: str = ""


class SesEvent(_Part):
    """One event. Which part it has goes by its type; of types that are of no use here only `mail` is read."""

    event_type: str
    mail: Mail
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    delivery: Delivery | None = None
    open: Open | None = None
    click: Click | None = None
    reject: Reject | None = None

    @model_validator(mode="after")
    def _has_its_part(self) -> Self:
        name = self.event_type.lower()
        if name in ("bounce", "complaint", "delivery", "open", "click") and getattr(self, name) is None:
            raise ValueError(f"an event of type {self.event_type} without `{name}`")
        return self

    @property
    def at(self) -> datetime:
        """When it happened (UTC)."""
        part = self.bounce or self.complaint or self.delivery or self.open or self.click
        return part.timestamp if part else self.mail.timestamp


def read(body: str) -> SesEvent | None:
    """The event of a queue's message, with SNS's envelope or without; None for SES's own test message.

    Raises `ValueError` for anything else.
    """
    if body.startswith(_VALIDATION):
        return None
    content: Any = json.loads(body)
    if isinstance(content, dict) and content.get("Type") == "Notification":
        text = content.get("Message") or ""
        if text.startswith(_VALIDATION):
            return None
        content = json.loads(text)
    return SesEvent.model_validate(content)
