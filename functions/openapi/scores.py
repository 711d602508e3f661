"""The score routes."""

from __future__ import annotations

from commerce.scores import BatchGetRequest, BatchGetResponse, CustomerScores
from functions.openapi.parts import Json, Section, answer, body, error, operation, path, query

CUSTOMER: Json = path("id", "the shop's id of the customer", {"type": "string", "minLength": 1, "maxLength": 255})


def section() -> Section:
    """What the models say of customers."""
    names = {"type": "array", "items": {"type": "string"}}
    chosen = query("families", "families, separated by commas; else all", names, style="form", explode=False)
    errors = {
        "400": error("the request is not valid; the message says where"),
        "404": error("no such family; the message lists those there are"),
    }
    one = operation(
        "scores",
        "getScores",
        "What the models say of one customer.",
        description="Always answers: a customer no model knows gets the family's baseline, marked so.",
        parameters=[CUSTOMER, chosen],
        answers={"200": answer("answers by family", CustomerScores)} | errors,
    )
    many = operation(
        "scores",
        "batchGetScores",
        "What the models say of up to 100 customers.",
        body=body(BatchGetRequest),
        answers={
            "200": answer("in the order asked, each customer once", BatchGetResponse),
            **errors,
            "413": error("more than 500 KB"),
        },
    )
    paths = {"/v1/customers/{id}/scores": {"get": one}, "/v1/scores:batchGet": {"post": many}}
    return Section("scores", "what the models say", paths)
