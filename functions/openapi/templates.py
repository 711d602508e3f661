"""The template routes."""

from __future__ import annotations

from commerce.campaigns.template import (
    NewTemplate,
    PreviewRequest,
    RenderedLetter,
    SendTestRequest,
    SentTest,
    TemplateList,
    TemplateVersion,
)
from commerce.campaigns.variables import VariableList
from functions.openapi.campaigns import NAME
from functions.openapi.errors import InvalidTemplate
from functions.openapi.parts import Json, Section, answer, body, error, operation, path, query

TAG = "templates"
_ID = path("id", "the template's id", NAME)
_INVALID = error("the request is not valid; the message says where")
_UNKNOWN = error("no such template or version")


def section() -> Section:
    """What letters say."""
    return Section(
        TAG,
        "what letters say: MJML with Liquid variables, in versions",
        {
            "/v1/templates": {"get": _list()},
            "/v1/templates/{id}": {"get": _get(), "put": _save()},
            "/v1/templates/{id}/versions": {"get": _versions()},
            "/v1/templates/{id}/preview": {"post": _preview()},
            "/v1/templates/{id}/test": {"post": _test()},
            "/v1/template-variables": {"get": _variables()},
        },
    )


def _list() -> Json:
    answers = {"200": answer("by their ids", TemplateList)}
    return operation(TAG, "listTemplates", "The newest version of every template.", answers=answers)


def _get() -> Json:
    version = query("version", "the newest where it is left out", {"type": "integer", "minimum": 1})
    return operation(
        TAG,
        "getTemplate",
        "One version of a template.",
        parameters=[_ID, version],
        answers={"200": answer("the version", TemplateVersion), "400": _INVALID, "404": _UNKNOWN},
    )


def _save() -> Json:
    return operation(
        TAG,
        "saveTemplate",
        "Save a new version of a template.",
        description="The same text again is no new version.",
        parameters=[_ID],
        body=body(NewTemplate),
        answers={
            "200": answer("the version, with warnings if there are any", TemplateVersion),
            "400": _INVALID,
            "409": error("others are saving the same template; try again"),
            "422": answer("something is wrong with it, such as a missing unsubscribe link", InvalidTemplate),
        },
    )


def _versions() -> Json:
    answers = {"200": answer("the newest first", TemplateList), "400": _INVALID, "404": _UNKNOWN}
    return operation(TAG, "listVersions", "Every version of a template.", parameters=[_ID], answers=answers)


def _preview() -> Json:
    return operation(
        TAG,
        "previewTemplate",
        "The letter as one customer would get it.",
        parameters=[_ID],
        body=body(PreviewRequest, required=False),
        answers={"200": answer("the letter", RenderedLetter)} | _rendering(),
    )


def _test() -> Json:
    return operation(
        TAG,
        "sendTest",
        "Send the letter to an address of the shop's own.",
        parameters=[_ID],
        body=body(SendTestRequest),
        answers={
            "200": answer("the mail service has it", SentTest),
            **_rendering(),
            "502": error("the mail service did not take it"),
        },
    )


def _rendering() -> Json:
    return {
        "400": _INVALID,
        "404": error("no such template, version, campaign, offer or customer"),
        "409": error("the campaign has no preview yet"),
        "422": answer("the subject is wrong, or it cannot be rendered for this customer", InvalidTemplate),
    }


def _variables() -> Json:
    answers = {"200": answer("with their types, and values made up for previews", VariableList)}
    return operation(TAG, "listVariables", "What a template may name.", answers=answers)
