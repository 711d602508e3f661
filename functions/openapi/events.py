"""The tracking routes."""

from __future__ import annotations

from functions.openapi.parts import Json, Section, answer, body, error, later, operation, summary
from functions.openapi.tracking import KINDS, Accepted, Batch, InvalidEvent, message_model


def section() -> Section:
    """Events in."""
    return Section("events", "what happens in the shop", {f"/v1/{kind}": {"post": _call(kind)} for kind in _ALL})


_ALL = (*KINDS, "batch")


def _call(kind: str) -> Json:
    model = Batch if kind == "batch" else message_model(kind)
    answers = {
        "200": answer("kept; what was refused is listed with its reasons", Accepted),
        "400": error("not a body of this kind"),
        "401": error("no write key, or one that is unknown or disabled"),
        "413": error("more than 500 KB"),
        "503": later("could not be kept; the same call again is safe"),
    }
    if kind != "batch":
        answers["400"] = answer("not a valid message; kept with the reasons", InvalidEvent)
    limits = "At most 500 KB after unpacking, also with Content-Encoding: gzip or as text/plain."
    return operation(
        "events", kind, summary(model), answers=answers, body=body(model, limits), security=[{"writeKey": []}, {}]
    )
