"""What is asked of the template routes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel, TypeAdapter, ValidationError

from commerce.campaigns.template import NewTemplate, PreviewRequest, SendTestRequest, TemplateId
from functions.common.http import ApiError

Action = Literal["list", "get", "save", "versions", "preview", "test", "variables"]
_ROUTES: dict[tuple[str, str], Action] = {
    ("GET", "/v1/templates"): "list",
    ("GET", "/v1/templates/{id}"): "get",
    ("PUT", "/v1/templates/{id}"): "save",
    ("GET", "/v1/templates/{id}/versions"): "versions",
    ("POST", "/v1/templates/{id}/preview"): "preview",
    ("POST", "/v1/templates/{id}/test"): "test",
    ("GET", "/v1/template-variables"): "variables",
}
_ID: TypeAdapter[str] = TypeAdapter(TemplateId)
_VERSION: TypeAdapter[int] = TypeAdapter(int)


@dataclass(frozen=True, slots=True)
class Asked:
    """An action, the template it is about, and the event that asks for it."""

    action: Action
    id: str
    event: Mapping[str, Any]

    def new(self) -> NewTemplate:
        """The template to be saved. Raises `ApiError` 400, as all of these do."""
        return _body(self.event, NewTemplate)

    def preview(self) -> PreviewRequest:
        """What to fill the template with; made-up values where nothing is said."""
        return _body(self.event, PreviewRequest) if self.event.get("body") else PreviewRequest()

    def test(self) -> SendTestRequest:
        """Likewise, and where to send it."""
        return _body(self.event, SendTestRequest)

    def version(self) -> int | None:
        """`?version=`; None for the newest."""
        value = (self.event.get("queryStringParameters") or {}).get("version")
        if value is None:
            return None
        try:
            return _VERSION.validate_python(value)
        except ValidationError:
            raise ApiError(400, "invalid_request", "version must be a number") from None


def read(event: Mapping[str, Any]) -> Asked:
    """The question of an API Gateway event. Raises `ApiError` 400 or 404."""
    action = _ROUTES.get((event.get("httpMethod") or "", event.get("resource") or ""))
    if action is None:
        raise ApiError(404, "not_found", "; ".join(f"{method} {path}" for method, path in _ROUTES))
    if action in ("list", "variables"):
        return Asked(action, "", event)
    id_ = unquote((event.get("pathParameters") or {}).get("id") or "")
    try:
        return Asked(action, _ID.validate_python(id_), event)
    except ValidationError:
        message = "a template's id has 2 to 40 characters: lower-case letters, digits and -, no - at its beginning"
        raise ApiError(400, "invalid_request", message) from None


def _body[T: BaseModel](event: Mapping[str, Any], model: type[T]) -> T:
    body = event.get("body") or ""
    try:
        data = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        return model.model_validate_json(data)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_url=False)
        )
        raise ApiError(400, "invalid_request", wrong) from None
    except (binascii.Error, UnicodeEncodeError):
        raise ApiError(400, "invalid_request", "the body is not JSON text") from None
