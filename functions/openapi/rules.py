"""The rule routes."""

from __future__ import annotations

from pydantic import BaseModel, Field

from commerce.families import discover
from commerce.rules.book import LiveRules, NewRules, RuleBook, RulesAnswer, RuleVersions, VersionAsked
from commerce.rules.effects import Simulation
from commerce.scores import ErrorResponse
from functions.openapi.parts import Json, Section, answer, body, error, operation, path

TAG = "rules"
_FAMILY = path(
    "family",
    "whose events the rules are about",
    {"type": "string", "enum": [name for name, spec in discover().items() if spec.assessment]},
)
_UNKNOWN = error("no such family or version")
_INVALID = error("the request is not valid; the message says where")
_TOO_LARGE = error("the body is larger than rules may be")


class RuleProblem(BaseModel):
    """Why a rule cannot be read."""

    rule: str
    message: str


class InvalidRules(ErrorResponse):
    """Every rule that cannot be read."""

    problems: list[RuleProblem] = Field(default_factory=list)


def section() -> Section:
    """A shop's own rules."""
    return Section(
        TAG,
        "a shop's own rules about payments, logins and sessions: in versions, tried on history before they go live",
        {
            "/v1/rules/{family}": {"get": _get(), "put": _save()},
            "/v1/rules/{family}/versions": {"get": _versions()},
            "/v1/rules/{family}/simulate": {"post": _simulate()},
            "/v1/rules/{family}/activate": {"post": _activate()},
        },
    )


def _get() -> Json:
    answers = {"200": answer("the live version, and drafts", RulesAnswer), "404": _UNKNOWN}
    return operation(TAG, "getRules", "The rules that decide.", parameters=[_FAMILY], answers=answers)


def _save() -> Json:
    return operation(
        TAG,
        "saveRules",
        "Save a new version, which is not live yet.",
        description="The same rules again are no new version.",
        parameters=[_FAMILY],
        body=body(NewRules),
        answers={
            "200": answer("the version", RuleBook),
            "400": _INVALID,
            "404": _UNKNOWN,
            "409": error("others are saving rules of the same family; try again"),
            "413": _TOO_LARGE,
            "422": answer("a condition asks for what there is not, or is none", InvalidRules),
        },
    )


def _versions() -> Json:
    answers = {"200": answer("the newest first", RuleVersions), "404": _UNKNOWN}
    return operation(TAG, "listRules", "Every version of the rules.", parameters=[_FAMILY], answers=answers)


def _simulate() -> Json:
    return operation(
        TAG,
        "simulateRules",
        "What a version would have done, on the events that the live model was judged by.",
        description="Afterwards the version may go live. Takes up to 20 seconds.",
        parameters=[_FAMILY],
        body=body(VersionAsked),
        answers={
            "200": answer("figures per rule and in total", Simulation),
            "400": _INVALID,
            "404": _UNKNOWN,
            "413": _TOO_LARGE,
        },
    )


def _activate() -> Json:
    return operation(
        TAG,
        "activateRules",
        "Make a version that was simulated the one that decides.",
        description="An earlier version may be activated again. Decisions follow within ten seconds.",
        parameters=[_FAMILY],
        body=body(VersionAsked),
        answers={
            "200": answer("it is live", LiveRules),
            "400": _INVALID,
            "404": _UNKNOWN,
            "409": error("it was not simulated, or other rules have just become live"),
            "413": _TOO_LARGE,
        },
    )
