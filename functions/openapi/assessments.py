"""The routes of decisions on events: assessments from the specs, and the review queue."""

from __future__ import annotations

from commerce.assessments.assessment import Assessment
from commerce.assessments.reviews import Review, Reviews, Verdict
from commerce.families import discover
from functions.openapi.parts import Json, Section, answer, body, error, operation, path, query

TAG = "assessments"
_TEXT: Json = {"type": "string"}


def section() -> Section:
    """Decisions on payments, logins and sessions."""
    paths: Json = {
        f"/v1/{name}:assess": {"post": _assess(name, family.answer, family.assessment)}
        for name, family in discover().items()
        if family.assessment
    }
    paths |= _reviews()
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


def _family() -> Json:
    names = [name for name, family in discover().items() if family.assessment]
    return path("family", "family that decides", {"type": "string", "enum": names})


def _unknown() -> Json:
    return {"404": error("no such family, or nothing of that name")}


def _reviews() -> Json:
    listed = operation(
        TAG,
        "listReviews",
        "Decisions that somebody should look at, the oldest first",
        parameters=[
            _family(),
            query("status", "which of them", {"type": "string", "enum": ["open", "done"], "default": "open"}),
            query("limit", "most on a page", {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}),
            query("next", "the page before gave it", _TEXT),
        ],
        answers={"200": answer("a page of the queue", Reviews), "400": error("not a page")} | _unknown(),
    )
    judged = operation(
        TAG,
        "giveVerdict",
        "Say what an event turned out to be: it leaves the queue, and its label is learned from",
        parameters=[_family(), path("event", "the event's id", _TEXT)],
        body=body(Verdict),
        answers={"200": answer("the review as it is now", Review), "400": error("not a verdict")} | _unknown(),
    )
    return {"/v1/reviews/{family}": {"get": listed}, "/v1/reviews/{family}/{event}": {"post": judged}}
