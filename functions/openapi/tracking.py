"""Schemas of the tracking routes: the envelope's messages as a call carries them, and the answers."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from commerce.events import Alias, Group, Identify, Page, Screen, Track
from commerce.events.envelope import Message
from commerce.scores import ErrorResponse

KINDS: tuple[str, ...] = ("track", "identify", "page", "screen", "group", "alias")
_MODELS: dict[str, type[BaseModel]] = dict(zip(KINDS, (Track, Identify, Page, Screen, Group, Alias), strict=True))


@cache
def message_model(kind: str) -> type[BaseModel]:
    """A message as its own route takes it: without `type`, which the route says, and `messageId` may be left out."""
    model = _MODELS[kind]
    name = f"{model.__name__}Call"
    optional: Any = (str | None, Field(None, alias="messageId", max_length=255, description="made up where absent"))
    return create_model(name, __base__=model, __doc__=model.__doc__, message_id=optional)


class Batch(BaseModel):
    """Up to 500 messages of any kind in one call, each accepted or refused on its own."""

    model_config = ConfigDict(extra="allow")

    batch: Annotated[list[Message], Field(max_length=500)]
    sent_at: str | None = Field(None, alias="sentAt", description="the sender's clock when sending; corrects its skew")
    context: dict[str, Any] | None = Field(None, description="holds for every message that does not say otherwise")


class Rejected(BaseModel):
    """One message that was refused."""

    index: int = Field(description="position in the batch")
    message_id: str | None = Field(serialization_alias="messageId")
    reasons: list[str]


class Accepted(BaseModel):
    """What became of the messages."""

    success: bool
    accepted: int
    rejected: list[Rejected]


class InvalidEvent(ErrorResponse):
    """The message of a single call was refused; `rejected` is absent where the body was no message at all."""

    rejected: list[Rejected] | None = None
