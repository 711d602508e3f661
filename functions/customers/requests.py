"""What is asked: to erase, to export, or how far a request is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError

from commerce.privacy import RequestId
from commerce.questions import SHOP
from commerce.scores import EntityId
from functions.common.http import ApiError

_ENTITY: TypeAdapter[str] = TypeAdapter(EntityId)
_REQUEST: TypeAdapter[str] = TypeAdapter(RequestId)


@dataclass(frozen=True, slots=True)
class Erase:
    customer_id: str


@dataclass(frozen=True, slots=True)
class Export:
    customer_id: str


@dataclass(frozen=True, slots=True)
class Status:
    request_id: str


def read(event: Mapping[str, Any]) -> Erase | Export | Status:
    """The question of an API Gateway event. Raises `ApiError` 400 or 404."""
    method, resource = event.get("httpMethod"), event.get("resource") or event.get("path") or ""
    parameters = event.get("pathParameters") or {}
    if method == "GET" and "/privacy-requests/" in resource:
        return Status(_request_id(parameters))
    if method == "GET" and resource.endswith("/export"):
        return Export(_customer_id(parameters))
    if method == "DELETE" and "/customers/" in resource:
        return Erase(_customer_id(parameters))
    raise ApiError(
        404,
        "not_found",
        "DELETE /v1/customers/{id}, GET /v1/customers/{id}/export or GET /v1/privacy-requests/{request_id}",
    )


def _customer_id(parameters: Mapping[str, Any]) -> str:
    # API Gateway hands path parameters on as they stand in the URL.
    try:
        customer = _ENTITY.validate_python(unquote(parameters.get("id") or ""))
    except ValidationError:
        raise ApiError(400, "invalid_request", "the customer id must have 1 to 255 characters") from None
    if customer == SHOP:
        raise ApiError(400, "invalid_request", f"{SHOP} stands for the shop as a whole, not for a customer")
    return customer


def _request_id(parameters: Mapping[str, Any]) -> str:
    try:
        return _REQUEST.validate_python(parameters.get("request_id") or "")
    except ValidationError:
        raise unknown() from None


def unknown() -> ApiError:
    """There is no such request."""
    return ApiError(404, "unknown_request", "there is no such privacy request, or it ended long ago")
