"""The routes that read what the models say: of customers, and of products in the collection of their family."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, create_model

from commerce.families import discover
from commerce.family import Family
from commerce.scores import BatchGetRequest, BatchGetResponse, CustomerScores, ProductAnswer
from commerce.verbs import Verb
from functions.openapi.parts import Json, Section, answer, body, error, operation, path, query

_ID: Json = {"type": "string", "minLength": 1, "maxLength": 255}
CUSTOMER: Json = path("id", "the shop's id of the customer", _ID)
PRODUCT: Json = path("product", "the shop's id of the product", _ID)


def section() -> Section:
    """What the models say of customers and of products."""
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
    for family in discover().values():
        if family.collection:
            paths[f"/v1/{family.collection}/{{product}}"] = {"get": _of_product(family)}
        paths |= {f"/v1/{family.collection}:{verb.name}": {"post": _verb(family, verb)} for verb in family.verbs}
    return Section("scores", "what the models say", paths)


def _of_product(family: Family) -> Json:
    found = answer("the answer, from the released version or the baseline", _answer(family))
    for example in family.answer.model_json_schema().get("examples", [])[:1]:
        whole = {"product_id": "1001", "generated_at": "2026-03-02T09:30:00Z", "answer": example}
        found["content"]["application/json"]["example"] = whole
    return operation(
        "scores",
        f"get{family.name.title().replace('_', '')}",
        family.question,
        description="Always answers: a product the model does not know gets the family's baseline, marked so.",
        parameters=[PRODUCT],
        answers={"200": found, "400": error("the id of the product has more than 255 characters")},
    )


def _answer(family: Family) -> type[BaseModel]:
    """The route's answer with its `answer` in the shape of the family."""
    fields: Any = {"answer": (family.answer, ...)}
    doc = f"Answer of `GET /v1/{family.collection}/{{product}}`."
    return create_model(f"{family.answer.__name__}Found", __base__=ProductAnswer, __doc__=doc, **fields)


def _verb(family: Family, verb: Verb) -> Json:
    doc = f"Answer of `POST /v1/{family.collection}:{verb.name}`."
    fields: Any = {"answer": (verb.answer, ...)}
    found = create_model(f"{verb.answer.__name__}Found", __base__=ProductAnswer, __doc__=doc, **fields)
    return operation(
        "scores",
        f"{family.name}{verb.name[0].upper()}{verb.name[1:]}",
        verb.summary,
        description="From what the released version said of the product, or from the family's baseline.",
        body=body(verb.question),
        answers={
            "200": answer("the answer; `reasons` say what is not known", found),
            "400": error(
                "the request is not valid, or this product's answer cannot tell; the message says where or why"
            ),
            "413": error("more than 100 KB"),
        },
    )
