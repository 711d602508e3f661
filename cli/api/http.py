"""One request to the API, and what goes wrong with it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cli.environment import Environment

_TIMEOUT_SECONDS = 30


class ApiError(Exception):
    """The API refused or failed. `status` is 0 where it could not be reached; `body` is its answer, where JSON."""

    def __init__(self, message: str, *, status: int = 0, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = dict(body or {})

    @property
    def code(self) -> str:
        """The API's own word for it, such as `unknown_campaign`; empty where there is none."""
        error = self.body.get("error")
        return str(error.get("code", "")) if isinstance(error, Mapping) else ""


def get(environment: Environment, path: str) -> dict[str, Any]:
    """`GET path`."""
    return call(environment, "GET", path)


def post(environment: Environment, path: str, body: BaseModel | Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`POST path`."""
    return call(environment, "POST", path, body)


def call(
    environment: Environment,
    method: str,
    path: str,
    body: BaseModel | Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The answer's JSON; `path` begins with /v1 and is quoted already (`segment`). Raises `ApiError`."""
    return json.loads(fetch(environment, method, path, body, headers)[0])


def fetch(
    environment: Environment,
    method: str,
    path: str,
    body: BaseModel | Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[bytes, Message]:
    """The answer as it came, and its headers. Raises `ApiError`."""
    request = urllib.request.Request(  # noqa: S310 - the address is the stack's own output, http or https
        environment.api_url + path,
        data=_encoded(body),
        headers={"x-api-key": environment.api_key, "content-type": "application/json", **(headers or {})},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            return answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        raise _refusal(path, error.code, error.read()) from None
    except urllib.error.URLError as error:
        raise ApiError(f"{environment.api_url} cannot be reached: {error.reason}") from None


def download(url: str, file: Path) -> None:
    """Fetch what the API gave a signed address of. Raises `ApiError`."""
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - given by our own API
            file.write_bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise ApiError(f"the file cannot be fetched: it answered {error.code}", status=error.code) from None
    except urllib.error.URLError as error:
        raise ApiError(f"the file cannot be fetched: {error.reason}") from None


def segment(text: str) -> str:
    """Text as one segment of a path."""
    return urllib.parse.quote(text, safe="")


def _encoded(body: BaseModel | Mapping[str, Any] | None) -> bytes | None:
    if body is None:
        return None
    text = body.model_dump_json(exclude_none=True) if isinstance(body, BaseModel) else json.dumps(body)
    return text.encode()


def _refusal(path: str, status: int, body: bytes) -> ApiError:
    """The API's own sentence, or as much of the answer as can be read."""
    try:
        found = json.loads(body)
        return ApiError(found["error"]["message"], status=status, body=found)
    except (ValueError, LookupError, TypeError):
        return ApiError(f"{path} answered {status}: {body.decode(errors='replace')[:500]}", status=status)
