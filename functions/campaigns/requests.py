"""What is asked: the route, the name in its path, and the body."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError

from functions.common.http import ApiError, header

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
"""Of campaigns and offers, as their models say."""


@dataclass(frozen=True, slots=True)
class Request:
    """`route` is the method and the resource, such as `GET /v1/campaigns/{id}`."""

    route: str
    name: str
    body: bytes
    revision: int | None
    """That the caller read, from `If-Match`; None where the header is absent or `*`."""


def read(event: Mapping[str, Any]) -> Request:
    """The question of an API Gateway event. Raises `ApiError` 400."""
    parameters = event.get("pathParameters") or {}
    # API Gateway hands path parameters on as they stand in the URL.
    name = unquote(parameters.get("id") or parameters.get("code") or "")
    body = event.get("body") or ""
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except (binascii.Error, UnicodeEncodeError):
        raise ApiError(400, "invalid_request", "the body is not JSON text") from None
    return Request(f"{event.get('httpMethod')} {event.get('resource')}", name, data, _revision(event))


def parsed[Model: BaseModel](model: type[Model], body: bytes) -> Model:
    """The body in the shape of the route. Raises `ApiError` 400 saying where it is wrong."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_url=False)
        )
        raise ApiError(400, "invalid_request", wrong) from None


def id_(name: str, what: str) -> str:
    """The id in the path. Raises `ApiError` 404: what cannot be an id names nothing."""
    if not _ID.fullmatch(name):
        raise ApiError(404, f"unknown_{what}", f"there is no {what} of that id")
    return name


def new_id(name: str) -> str:
    """The id in the path of something that may be new. Raises `ApiError` 400."""
    if not _ID.fullmatch(name):
        raise ApiError(400, "invalid_request", "an id has 2 to 40 lower-case letters, digits and hyphens")
    return name


def _revision(event: Mapping[str, Any]) -> int | None:
    tag = header(event, "If-Match").strip().removeprefix("W/").strip('"')
    if tag in ("", "*"):
        return None
    if not re.fullmatch(r"[0-9]{1,9}", tag):
        raise ApiError(400, "invalid_request", "If-Match holds the campaign's revision, as its ETag does")
    return int(tag)
