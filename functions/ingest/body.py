"""From the body of a tracking call to the messages in it."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from functions.common.http import ApiError, header

MAX_BYTES = 500_000
"""Segment's limit of one call (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/)."""
MAX_EVENTS = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one call delivered: raw messages, the batch's clock reading, and the key where the body carries it."""

    messages: list[Any]
    sent_at: datetime | None
    write_key: str | None
    batch: bool


def read(event: Mapping[str, Any], kind: str) -> Delivery:
    """The messages of an API Gateway event; `kind` is the route's last part: `batch`, `track`, `identify`, ...

    Raises `ApiError` 400 (not JSON, no batch, too many events) or 413 (too large).
    """
    document = _object(_bytes(event))
    key = document.pop("writeKey", None)
    write_key = key if isinstance(key, str) else None
    sent_at = _instant(document.get("sentAt"))
    if kind != "batch":
        document["type"] = kind
        return Delivery([document], sent_at, write_key, batch=False)
    messages = document.get("batch")
    if not isinstance(messages, list):
        raise ApiError(400, "no_batch", 'the body must be a JSON object with a list "batch" of messages')
    if len(messages) > MAX_EVENTS:
        raise ApiError(
            400, "too_many_events", f"{len(messages)} events in one call; send at most {MAX_EVENTS} at a time"
        )
    context = document.get("context")
    if isinstance(context, dict) and context:
        messages = [_with_context(message, context) for message in messages]
    return Delivery(messages, sent_at, write_key, batch=True)


def _with_context(message: Any, context: dict[str, Any]) -> Any:
    """A batch's context holds for all its messages; a message's own fields win."""
    if not isinstance(message, dict):
        return message
    own = message.get("context")
    if own is not None and not isinstance(own, dict):
        return message
    return {**message, "context": {**context, **(own or {})}}


def _bytes(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise ApiError(400, "invalid_body", "the body is not valid base64") from None
    else:
        data = text.encode("utf-8", "surrogatepass")
    if len(data) > MAX_BYTES:
        raise _too_large()
    if header(event, "content-encoding").lower() == "gzip" or data[:2] == b"\x1f\x8b":
        data = _gunzip(data)
    return data


def _gunzip(data: bytes) -> bytes:
    """Never unpacks more than the limit, whatever the packed size promises."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, MAX_BYTES + 1)
    except zlib.error:
        raise ApiError(400, "invalid_body", "Content-Encoding says gzip, but the body is not gzip") from None
    if len(unpacked) > MAX_BYTES:
        raise _too_large()
    if not unpacker.eof:
        raise ApiError(400, "invalid_body", "the gzip body ends early; send it again whole")
    return unpacked


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = from_json(data, allow_inf_nan=False)
    except ValueError:
        document = _lenient(data)
    if not isinstance(document, dict):
        raise ApiError(400, "invalid_json", "the body must be a JSON object")
    return document


def _lenient(data: bytes) -> Any:
    """Browsers cut texts in the middle of a character and send the half (a lone surrogate): it becomes U+FFFD,
    so that one cut text does not lose a whole batch."""
    try:
        document = json.loads(data, parse_constant=_no_constant)
        text = json.dumps(document, ensure_ascii=False)
        return from_json(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except (ValueError, RecursionError) as error:
        place = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise ApiError(400, "invalid_json", f"the body is not valid JSON{place}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _instant(value: Any) -> datetime | None:
    """The batch's `sentAt`; one that cannot be read is as good as none."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _too_large() -> ApiError:
    return ApiError(413, "too_large", f"the body is larger than {MAX_BYTES} bytes; send fewer events at a time")
