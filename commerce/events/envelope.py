"""The envelope of the tracking API: what every message carries, and the six kinds of messages.

Source: Segment's common fields and the specs of track, identify, page, screen, group and alias
(https://segment.com/docs/connections/spec/common/). `integrations`, `version` and other routing fields of the
envelope are the sender's own business and not kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _utc(value: datetime) -> datetime:
    """A time without zone is taken as UTC: what the spec says senders use."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_utc)]
Identifier = Annotated[str, Field(min_length=1, max_length=255)]
Properties = dict[str, Any]
"""A JSON object. Not `JsonValue`: its check of every value in Python would take a fifth of ingestion's time."""


class Envelope(BaseModel):
    """Common fields. At least one of `userId` and `anonymousId` says who did it."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, allow_inf_nan=False, validate_by_name=True)

    message_id: Identifier = Field(
        alias="messageId", description="unique per message; a message sent twice is kept once"
    )
    user_id: Identifier | None = Field(default=None, alias="userId", description="the shop's id of the customer")
    anonymous_id: Identifier | None = Field(
        default=None, alias="anonymousId", description="id of a visitor not yet known"
    )
    timestamp: Instant | None = Field(default=None, description="when it happened; now, where it is absent")
    original_timestamp: Instant | None = Field(
        default=None, alias="originalTimestamp", description="by the sender's clock"
    )
    sent_at: Instant | None = Field(default=None, alias="sentAt", description="when it was sent, by the sender's clock")
    context: Properties = Field(default_factory=dict, description="device, page, campaign, sessionId, …")

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if self.user_id is None and self.anonymous_id is None:
            raise ValueError("one of userId and anonymousId is needed")
        return self


class Track(Envelope):
    """Something a customer did."""

    type: Literal["track"] = "track"
    event: Annotated[str, Field(min_length=1, max_length=255)] = Field(description="name of the event")
    properties: Properties = Field(default_factory=dict)


class Identify(Envelope):
    """Who the customer is."""

    type: Literal["identify"] = "identify"
    traits: Properties = Field(default_factory=dict)


class Page(Envelope):
    """A page was looked at."""

    type: Literal["page"] = "page"
    name: str | None = None
    category: str | None = None
    properties: Properties = Field(default_factory=dict)


class Screen(Envelope):
    """A screen of an app was looked at."""

    type: Literal["screen"] = "screen"
    name: str | None = None
    category: str | None = None
    properties: Properties = Field(default_factory=dict)


class Group(Envelope):
    """The customer belongs to a group, such as a company."""

    type: Literal["group"] = "group"
    group_id: Identifier = Field(alias="groupId")
    traits: Properties = Field(default_factory=dict)


class Alias(Envelope):
    """Two ids are the same customer."""

    type: Literal["alias"] = "alias"
    previous_id: Identifier = Field(alias="previousId")


Message = Annotated[Track | Identify | Page | Screen | Group | Alias, Field(discriminator="type")]


class Event(NamedTuple):
    """A message that was accepted: the envelope's content with the time it really happened.

    `properties` of a known event are those its model in the catalogue validated, numbers as numbers; what the model
    does not know stays as it came.
    """

    message_id: str
    type: str
    name: str | None
    customer_id: str | None
    anonymous_id: str | None
    session_id: str | None
    timestamp: datetime
    received_at: datetime
    properties: dict[str, Any]
    traits: dict[str, Any]
    context: dict[str, Any]
