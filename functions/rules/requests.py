"""What is asked of the rule routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from commerce.assessments.assessment import Assessment
from commerce.families import discover
from commerce.rules.book import MOST_BYTES, NewRules, VersionAsked
from functions.common.http import ApiError, body, wrong

Action = Literal["get", "save", "simulate", "activate", "versions"]
_ROUTES: dict[tuple[str, str], Action] = {
    ("GET", "/v1/rules/{family}"): "get",
    ("PUT", "/v1/rules/{family}"): "save",
    ("POST", "/v1/rules/{family}/simulate"): "simulate",
    ("POST", "/v1/rules/{family}/activate"): "activate",
    ("GET", "/v1/rules/{family}/versions"): "versions",
}
_MOST_BYTES = 2 * MOST_BYTES
"""With the blanks of whoever writes it well laid out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An action, the family whose rules it is about, and the event that asks for it."""

    action: Action
    family: str
    assessment: Assessment
    event: Mapping[str, Any]

    def new(self) -> NewRules:
        """The rules to be saved. Raises `ApiError` 400 or 413, as `version` does."""
        return _body(self.event, NewRules)

    def version(self) -> int:
        """The version to be simulated or made live."""
        return _body(self.event, VersionAsked).version


def read(event: Mapping[str, Any]) -> Asked:
    """The question of an API Gateway event. Raises `ApiError` 404."""
    action = _ROUTES.get((event.get("httpMethod") or "", event.get("resource") or ""))
    if action is None:
        raise ApiError(404, "not_found", "; ".join(f"{method} {path}" for method, path in _ROUTES))
    name = (event.get("pathParameters") or {}).get("family") or ""
    family = discover().get(name)
    if family is None or family.assessment is None:
        known = ", ".join(name for name, spec in discover().items() if spec.assessment)
        raise ApiError(404, "unknown_family", f"there are no rules of {name[:40]!r}; there are those of {known}")
    return Asked(action, name, family.assessment, event)


def _body[T: BaseModel](event: Mapping[str, Any], model: type[T]) -> T:
    try:
        return model.model_validate_json(body(event, _MOST_BYTES))
    except ValidationError as error:
        raise ApiError(400, "invalid_request", wrong(error)) from None
    except ValueError:
        raise ApiError(400, "invalid_request", "the body is not JSON text in UTF-8") from None
