"""What is asked: the family of the route, and the event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from commerce.assessments.assessment import Assessment, EventQuestion
from commerce.families import discover
from commerce.family import Family
from functions.common.http import ApiError, body, wrong
from functions.common.told import SKEW

MAX_BYTES = 64_000
"""Well above the largest event that its own limits let pass."""


@dataclass(frozen=True, slots=True)
class Request:
    """A valid event to decide on."""

    family: Family
    assessment: Assessment
    question: EventQuestion
    at: datetime

    @property
    def fields(self) -> dict[str, Any]:
        """The event's own, by name."""
        return self.question.model_dump(exclude={"event_id", "occurred_at"})


def read(event: Mapping[str, Any], now: datetime) -> Request:
    """The question of an API Gateway event. Raises `ApiError` 400, 404 or 413."""
    path = (event.get("resource") or event.get("path") or "").removeprefix("/v1/")
    name, _, verb = path.partition(":")
    family = discover().get(name)
    if event.get("httpMethod") != "POST" or verb != "assess" or family is None or family.assessment is None:
        there = ", ".join(f"POST /v1/{name}:assess" for name, spec in discover().items() if spec.assessment)
        raise ApiError(404, "not_found", there)
    try:
        question = family.assessment.question.model_validate_json(body(event, MAX_BYTES), strict=True)
    except ValidationError as error:
        raise ApiError(400, "invalid_request", wrong(error)) from None
    except ValueError:
        raise ApiError(400, "invalid_request", "the body is not JSON text in UTF-8") from None
    at = question.occurred_at or now
    if at > now + SKEW:
        raise ApiError(
            400, "invalid_request", f"occurred_at: lies ahead by more than {SKEW}; set the clock, or leave it out"
        )
    return Request(family, family.assessment, question, at)
