"""What is asked: customers and families, from either route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError

from commerce.families import discover
from commerce.family import Family
from commerce.scores import BatchGetRequest, EntityId
from functions.common.http import ApiError, body, wrong

MAX_BYTES = 500_000
"""Far above a hundred customers' ids."""
_ENTITY: TypeAdapter[str] = TypeAdapter(EntityId)


@dataclass(frozen=True, slots=True)
class Asked:
    """Customers, each once, in the order asked; families that the score routes answer of."""

    customers: list[str]
    families: list[Family]
    batch: bool


def read(event: Mapping[str, Any]) -> Asked:
    """The question of an API Gateway event. Raises `ApiError` 400 or 404."""
    method, resource = event.get("httpMethod"), event.get("resource") or event.get("path") or ""
    if method == "GET" and resource.endswith("/scores"):
        return _one(event)
    if method == "POST" and resource.endswith("/scores:batchGet"):
        return _batch(event)
    raise ApiError(404, "not_found", "GET /v1/customers/{id}/scores or POST /v1/scores:batchGet")


def _one(event: Mapping[str, Any]) -> Asked:
    # API Gateway hands path parameters on as they stand in the URL.
    customer = unquote((event.get("pathParameters") or {}).get("id") or "")
    try:
        _ENTITY.validate_python(customer)
    except ValidationError:
        raise ApiError(400, "invalid_request", "the customer id must have 1 to 255 characters") from None
    query = event.get("queryStringParameters") or {}
    names = None
    if "families" in query:
        names = [name for name in (query["families"] or "").split(",") if name]
    return Asked([customer], families(names), batch=False)


def _batch(event: Mapping[str, Any]) -> Asked:
    try:
        request = BatchGetRequest.model_validate_json(body(event, MAX_BYTES))
    except ValidationError as error:
        raise ApiError(400, "invalid_request", wrong(error)) from None
    return Asked(list(dict.fromkeys(request.customer_ids)), families(request.families), batch=True)


def families(names: list[str] | None) -> list[Family]:
    """Families that the score routes answer of: those named, each once, or all."""
    known = {name: spec for name, spec in discover().items() if spec.scored}
    if names is None:
        return list(known.values())
    unknown = sorted(set(names) - set(known))
    if unknown or not names:
        there_are = ", ".join(known) or "none"
        raise ApiError(
            404, "unknown_family", f"no family {', '.join(map(repr, unknown)) or 'named'}; there are: {there_are}"
        )
    return [known[name] for name in dict.fromkeys(names)]
