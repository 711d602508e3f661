"""What is asked: the family of the route, and one of its questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from commerce.families import discover
from commerce.family import Family
from commerce.questions import Question, Route
from functions.common.http import ApiError, body, wrong

MAX_BYTES = 500_000
"""Well above the largest question that its own limits let pass, with ids as shops have them."""


@dataclass(frozen=True, slots=True)
class Request:
    """A valid question to a family."""

    family: Family
    question: Question


def read(event: Mapping[str, Any]) -> Request:
    """The question of an API Gateway event. Raises `ApiError` 400, 404 or 413."""
    path = event.get("resource") or event.get("path") or ""
    family = discover().get(path.rpartition("/")[2])
    if event.get("httpMethod") != "POST" or family is None or family.route is None:
        routed = (f"POST /v1/{name}" for name, spec in discover().items() if spec.route)
        raise ApiError(404, "not_found", ", ".join(routed) or "no family has a route")
    return Request(family, _question(family.route, body(event, MAX_BYTES)))


def _question(route: Route, data: bytes) -> Question:
    """Types are taken as they are: the text "10" is no number."""
    try:
        content = from_json(data)
    except ValueError:
        raise ApiError(400, "invalid_request", "the body is not JSON") from None
    if not isinstance(content, dict):
        raise ApiError(400, "invalid_request", "the body must be a JSON object")
    kind = content.get("question")
    model = route.kinds.get(kind) if isinstance(kind, str) else None
    if model is None:
        there_are = ", ".join(route.kinds)
        raise ApiError(400, "unknown_question", f"`question` must be one of: {there_are}")
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise ApiError(400, "invalid_request", wrong(error)) from None
