"""The privacy routes: erasing a customer, and telling what is held of them."""

from __future__ import annotations

from cli.api import http
from cli.environment import Environment
from commerce.privacy import ExportAnswer, PrivacyRequest


def erase(environment: Environment, customer_id: str) -> PrivacyRequest:
    """Begin to erase; asked again, the erasure that is under way."""
    return PrivacyRequest.model_validate(http.call(environment, "DELETE", f"/v1/customers/{http.segment(customer_id)}"))


def export(environment: Environment, customer_id: str) -> ExportAnswer:
    """Begin to collect everything held; asked again, how far that is and where it can be fetched."""
    return ExportAnswer.model_validate(http.get(environment, f"/v1/customers/{http.segment(customer_id)}/export"))


def request(environment: Environment, request_id: str) -> PrivacyRequest:
    """How far a request is."""
    return PrivacyRequest.model_validate(http.get(environment, f"/v1/privacy-requests/{http.segment(request_id)}"))
