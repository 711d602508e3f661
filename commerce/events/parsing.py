"""From one message of the envelope to an `Event`, and from an `Event` to a row of the `events` table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, to_json

from commerce.events.catalog import PROPERTIES
from commerce.events.envelope import Alias, Envelope, Event, Group, Identify, Message, Page, Screen, Track

_MESSAGE: TypeAdapter[Envelope] = TypeAdapter(Message)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(days=1)


def parse(raw: dict[str, Any], *, received_at: datetime, sent_at: datetime | None = None) -> Event:
    """Validate one message and give the event.

    `raw` is the message as JSON gave it, with `type` and `messageId` in it; `received_at` is when the API took it in
    (UTC); `sent_at` is the batch's `sentAt`, for messages that do not carry their own.

    Raises `pydantic.ValidationError` with every reason at once; `reasons` puts them in words.
    """
    message = _MESSAGE.validate_python(raw)
    timestamp = _happened_at(message, received_at, sent_at)
    if not _EARLIEST <= timestamp <= received_at + _TOLERANCE:
        raise _error(
            "timestamp",
            f"{timestamp.isoformat()} is before the year 2000 or more than a day ahead of {received_at.isoformat()}",
            raw.get("timestamp") or raw.get("originalTimestamp"),
        )
    session = message.context.get("sessionId")
    return Event(
        message_id=message.message_id,
        type=raw["type"],
        name=_name(message),
        customer_id=message.user_id,
        anonymous_id=message.anonymous_id,
        session_id=None if session is None else str(session),
        timestamp=timestamp,
        received_at=received_at,
        properties=_properties(message),
        traits=_traits(message),
        context=message.context,
    )


def lake_row(event: Event) -> dict[str, Any]:
    """The event's row of the `events` table, with JSON columns as text and times as ISO 8601 in UTC."""
    return {
        "message_id": event.message_id,
        "type": event.type,
        "name": event.name,
        "customer_id": event.customer_id,
        "anonymous_id": event.anonymous_id,
        "session_id": event.session_id,
        "timestamp": event.timestamp.isoformat(),
        "received_at": event.received_at.isoformat(),
        "properties": _json(event.properties),
        "traits": _json(event.traits),
        "context": _json(event.context),
    }


def reasons(error: ValidationError) -> list[str]:
    """Why a message was refused, one sentence per field, without the values: they may be personal."""
    return [f"{'.'.join(str(p) for p in e['loc']) or 'message'}: {e['msg']}" for e in error.errors(include_url=False)]


def _happened_at(message: Envelope, received_at: datetime, sent_at: datetime | None) -> datetime:
    """When it happened: the receiver's clock less the age by the sender's (Segment's rule for `timestamp`)."""
    by_sender = message.original_timestamp or message.timestamp
    sent = message.sent_at or sent_at
    if by_sender is None:
        return received_at
    if sent is None:
        return by_sender
    return received_at - (sent - by_sender)


def _name(message: Envelope) -> str | None:
    if isinstance(message, Track):
        return message.event
    if isinstance(message, Page | Screen):
        return message.name
    return None


def _properties(message: Envelope) -> dict[str, Any]:
    if isinstance(message, Page | Screen):
        return ({"category": message.category} if message.category else {}) | message.properties
    if not isinstance(message, Track):
        return {}
    model = PROPERTIES.get(message.event)
    if model is None:
        return message.properties
    try:
        validated: BaseModel = model.model_validate(message.properties)
    except ValidationError as error:
        raise ValidationError.from_exception_data(
            message.event,
            [
                InitErrorDetails(
                    type=PydanticCustomError("invalid_property", "{reason}", {"reason": e["msg"]}),
                    loc=("properties", *e["loc"]),
                    input=e["input"],
                )
                for e in error.errors(include_url=False)
            ],
        ) from None
    return validated.model_dump(mode="json", exclude_unset=True)


def _traits(message: Envelope) -> dict[str, Any]:
    """Group and alias name a second id, kept beside the traits."""
    if isinstance(message, Identify):
        return message.traits
    if isinstance(message, Group):
        return message.traits | {"groupId": message.group_id}
    if isinstance(message, Alias):
        return {"previousId": message.previous_id}
    return {}


def _json(value: dict[str, Any]) -> str | None:
    """JSON text; it has no word for NaN and infinity, which become null."""
    return to_json(value, inf_nan_mode="null").decode() if value else None


def _error(field: str, reason: str, value: Any) -> ValidationError:
    detail = InitErrorDetails(
        type=PydanticCustomError("invalid_message", "{reason}", {"reason": reason}), loc=(field,), input=value
    )
    return ValidationError.from_exception_data("message", [detail])
