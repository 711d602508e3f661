"""What is asked of the review routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from commerce.assessments.assessment import Assessment
from commerce.assessments.reviews import DONE, OPEN, Verdict
from commerce.families import discover
from functions.common.http import ApiError, body, wrong

MAX_BYTES = 10_000
MOST, USUAL = 100, 50
_PAGE, _VERDICT = "/v1/reviews/{family}", "/v1/reviews/{family}/{event}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue."""

    family: str
    state: str
    most: int
    after: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A verdict on an event."""

    family: str
    assessment: Assessment
    event_id: str
    verdict: Verdict


def read(event: Mapping[str, Any]) -> Page | Asked:
    """The question of an API Gateway event. Raises `ApiError` 400, 404 or 413."""
    route = (event.get("httpMethod"), event.get("resource"))
    if route not in (("GET", _PAGE), ("POST", _VERDICT)):
        raise ApiError(404, "not_found", f"GET {_PAGE}; POST {_VERDICT}")
    parameters = event.get("pathParameters") or {}
    name = parameters.get("family") or ""
    family = discover().get(name)
    if family is None or family.assessment is None:
        known = ", ".join(name for name, spec in discover().items() if spec.assessment)
        raise ApiError(404, "unknown_family", f"there are no reviews of {name[:40]!r}; there are those of {known}")
    if route[0] == "GET":
        return _page(name, event.get("queryStringParameters") or {})
    try:
        verdict = Verdict.model_validate_json(body(event, MAX_BYTES), strict=True)
    except ValidationError as error:
        raise ApiError(400, "invalid_request", wrong(error)) from None
    except ValueError:
        raise ApiError(400, "invalid_request", "the body is not JSON text in UTF-8") from None
    return Asked(name, family.assessment, unquote(parameters.get("event") or ""), verdict)


def _page(family: str, query: Mapping[str, str]) -> Page:
    state, limit = query.get("status", OPEN), query.get("limit", str(USUAL))
    if state not in (OPEN, DONE):
        raise ApiError(400, "invalid_request", f"status: {OPEN} or {DONE}")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:4]) <= MOST:
        raise ApiError(400, "invalid_request", f"limit: a whole number from 1 to {MOST}")
    return Page(family, state, int(limit[:4]), query.get("next"))
