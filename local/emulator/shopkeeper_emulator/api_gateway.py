"""Bodies that are no JSON: LocalEmu's request validator refuses every one, where API Gateway looks for a schema first.

Without a schema for the body's content type nothing is validated, so that a form reaches its function.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from collections.abc import Callable
from typing import Any

from localemu.services.apigateway.next_gen.execute_api.handlers.method_request import MethodRequestHandler

_JSON = "application/json"


def _with_schema(validate: Callable[[Any, Any, Any], bool]) -> Callable[[Any, Any, Any], bool]:
    """The validation, where there is a schema for the content type."""

    def is_valid(method: Any, rest_api: Any, request: Any) -> bool:
        models = method.get("requestModels") or {}
        headers = request.get("headers") or {}
        kind = (headers.get("Content-Type") or _JSON).split(";")[0].strip().lower()
        return (kind not in models and "$default" not in models) or validate(method, rest_api, request)

    return is_valid


def install() -> None:
    """Put the question for a schema before the validation."""
    MethodRequestHandler._is_body_valid = staticmethod(_with_schema(MethodRequestHandler._is_body_valid))
