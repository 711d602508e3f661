"""The template routes."""

from __future__ import annotations

from cli.api import http
from cli.environment import Environment
from commerce.campaigns.template import (
    NewTemplate,
    PreviewRequest,
    RenderedLetter,
    SendTestRequest,
    SentTest,
    TemplateList,
    TemplateSummary,
    TemplateVersion,
)  # fmt: skip
from commerce.campaigns.variables import Variable, VariableList

_ROUTE = "/v1/templates"


def listed(environment: Environment) -> list[TemplateSummary]:
    """The newest version of each template."""
    return TemplateList.model_validate(http.get(environment, _ROUTE)).templates


def versions(environment: Environment, id_: str) -> list[TemplateSummary]:
    """Every version of one template."""
    return TemplateList.model_validate(http.get(environment, f"{_path(id_)}/versions")).templates


def shown(environment: Environment, id_: str, version: int | None = None) -> TemplateVersion:
    """One version, the newest where none is named."""
    query = "" if version is None else f"?version={version}"
    return TemplateVersion.model_validate(http.get(environment, f"{_path(id_)}{query}"))


def save(environment: Environment, id_: str, new: NewTemplate) -> TemplateVersion:
    """Save a new version; what the newest says already stays that version."""
    return TemplateVersion.model_validate(http.call(environment, "PUT", _path(id_), new))


def preview(environment: Environment, id_: str, request: PreviewRequest) -> RenderedLetter:
    """The letter as one customer would get it."""
    return RenderedLetter.model_validate(http.post(environment, f"{_path(id_)}/preview", request))


def send_test(environment: Environment, id_: str, request: SendTestRequest) -> SentTest:
    """The previewed letter, really sent to one address."""
    return SentTest.model_validate(http.post(environment, f"{_path(id_)}/test", request))


def variables(environment: Environment) -> list[Variable]:
    """What a template may name."""
    return VariableList.model_validate(http.get(environment, "/v1/template-variables")).variables


def _path(id_: str) -> str:
    return f"{_ROUTE}/{http.segment(id_)}"
