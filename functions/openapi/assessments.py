"""The routes of families that decide on events, from their specs."""

from __future__ import annotations

from commerce.assessments.assessment import Assessment
from commerce.families import discover
from functions.openapi.parts import Json, Section, answer, body, error, operation

TAG = "assessments"


def section() -> Section:
    """Decisions on payments, logins and sessions."""
    paths = {
        f"/v1/{name}:assess": {"post": _assess(name, family.answer, family.assessment)}
        for name, family in discover().items()
        if family.assessment
    }
    return Section(TAG, "decisions on what just happens: approve, review or block", paths)


def _assess(name: str, answered: type, assessment: Assessment) -> Json:
    return operation(
        TAG,
        f"assess{name.title()}",
        assessment.summary,
        description="Always decides: without the model or what is counted the rules decide alone, and the answer says "
        f"what was missing. The event is counted and told to the lake as `{assessment.tracked}`; asked twice with one "
        "`event_id`, the first decision is given again.",
        body=body(assessment.question),
        answers={
            "200": answer("the decision, with its reasons", answered),
            "400": error("not a valid event; the message says where"),
            "413": error("more than 64 KB"),
        },
    )
