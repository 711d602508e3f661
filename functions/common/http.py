"""Requests and answers of API Gateway's Lambda proxy integration (payload 1.0), and the one shape of errors."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from commerce.scores import ErrorDetail, ErrorResponse

Answer = dict[str, Any]
"""`{"statusCode", "headers", "body", "isBase64Encoded"}` as API Gateway takes it."""


class ApiError(Exception):
    """An answer that is not a success; `details` stand beside `error` in the body."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers, self.details = dict(headers or {}), dict(details or {})


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body, or none where `body` is None."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})},
        "body": "" if body is None else to_json(body).decode(),
        "isBase64Encoded": False,
    }


def failure(error: ApiError) -> Answer:
    """The answer of an error."""
    body = ErrorResponse(error=ErrorDetail(code=error.code, message=error.message)).model_dump()
    return answer(error.status, body | error.details, error.headers)


def header(event: Mapping[str, Any], name: str) -> str:
    """A request header whatever its case; empty where it is absent."""
    wanted = name.lower()
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == wanted:
            return value or ""
    return ""


def body(event: Mapping[str, Any], most: int) -> bytes:
    """The body of a request. Raises `ApiError` 400 where it is no text, 413 where it has more bytes than `most`."""
    text = event.get("body") or ""
    try:
        data = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except ValueError:
        raise ApiError(400, "invalid_request", "the body is not JSON text") from None
    if len(data) > most:
        raise ApiError(413, "too_large", f"the body is larger than {most} bytes")
    return data


def wrong(error: ValidationError) -> str:
    """What is wrong with a body and where, without its values."""
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_url=False))


def answering(respond: Callable[[], Answer], unexpected: Callable[[Exception], None]) -> Answer:
    """Run `respond`; an `ApiError` becomes its answer and anything else a 500 that tells nothing of the inside.

    `unexpected` gets the exception, for the log.
    """
    try:
        return respond()
    except ApiError as error:
        return failure(error)
    except Exception as error:  # noqa: BLE001 - the last line before the client: it must get an answer
        unexpected(error)
        return failure(ApiError(500, "internal_error", "something went wrong on our side; try again later"))
