"""The routes by which customers are erased, told what is held of them, and unsubscribed."""

from __future__ import annotations

from commerce.privacy import ExportAnswer, PrivacyRequest
from functions.openapi.parts import NO_KEY, Json, Section, answer, error, gateway, later, operation, path, query
from functions.openapi.scores import CUSTOMER

TAG = "privacy"


def section() -> Section:
    """Customers' rights."""
    return Section(
        TAG,
        "customers' rights over what is held of them",
        {
            "/v1/customers/{id}": {"delete": _erase()},
            "/v1/customers/{id}/export": {"get": _export()},
            "/v1/privacy-requests/{request_id}": {"get": _status()},
            "/v1/unsubscribe": {"get": _page(), "post": _unsubscribe()},
        },
    )


def _erase() -> Json:
    return operation(
        TAG,
        "eraseCustomer",
        "Erase a customer from everything.",
        description="Takes a while; the request's own route says how far it is. Asked again, it is the same request.",
        parameters=[CUSTOMER],
        answers={
            "202": answer("being erased", PrivacyRequest),
            "400": error("not the id of a customer"),
            "503": later("others are asking for the same"),
        },
    )


def _export() -> Json:
    return operation(
        TAG,
        "exportCustomer",
        "Everything that is held of a customer.",
        parameters=[CUSTOMER],
        answers={
            "200": answer("made: the URL is good for an hour", ExportAnswer),
            "202": answer("being made; ask again", ExportAnswer),
            "400": error("not the id of a customer"),
            "409": error("the customer is being erased"),
            "503": later("others are asking for the same"),
        },
    )


def _status() -> Json:
    id_ = path("request_id", "of an erasure or export", {"type": "string", "pattern": "^[0-9a-f]{32}$"})
    answers = {"200": answer("how far it is", PrivacyRequest), "404": error("no such request, or it ended long ago")}
    return operation(TAG, "getPrivacyRequest", "How far a request is.", parameters=[id_], answers=answers)


def _page() -> Json:
    return _link("unsubscribePage", "A page that asks whether to unsubscribe.", "It changes nothing.", "the question")


def _unsubscribe() -> Json:
    one_click = "Also the one click of mail programs (RFC 8058). The body may be anything; no cookie is needed."
    made = _link("unsubscribe", "Unsubscribe the customer of the link.", one_click, "unsubscribed")
    form = {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}
    return made | {"requestBody": {"required": False, "content": {"application/x-www-form-urlencoded": form}}}


def _link(id_: str, summary: str, description: str, done: str) -> Json:
    token = query("token", "signed and expiring, from the letter", {"type": "string"}, required=True)
    pages = {
        "200": _html(done),
        "400": _html("the link is not one of ours"),
        "410": _html("the link has expired"),
        "503": _html("something went wrong on our side"),
    }
    made = operation(TAG, id_, summary, description=description, parameters=[token], answers=pages, security=NO_KEY)
    # A link without its token is refused by API Gateway, in its own shape.
    pages["400"]["content"] |= gateway()["403"]["content"]
    return made


def _html(description: str) -> Json:
    return {"description": description, "content": {"text/html": {"schema": {"type": "string"}}}}
