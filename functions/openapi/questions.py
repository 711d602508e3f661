"""The routes of families that answer questions of their own, from their specs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, create_model

from commerce.families import discover
from commerce.family import Family
from commerce.questions import Answered, Route
from functions.openapi.parts import Json, OneOf, Section, Use, answer, error, operation, summary

TAG = "questions"


def section() -> Section:
    """Questions to the models."""
    paths = {
        f"/v1/{family.name}": {"post": _ask(family, family.route)} for family in discover().values() if family.route
    }
    return Section(TAG, "what the models answer when they are asked", paths)


def _ask(family: Family, route: Route) -> Json:
    return operation(
        TAG,
        f"ask{family.name.title().replace('_', '')}",
        route.summary,
        description="Always answers: where no model does, the family's baseline, marked so. What was shown is kept "
        "under `exposure_id`.",
        body=_body(route),
        answers={
            "200": answer("the answer, and the id of what was shown", _answered(family)),
            "400": error("not a valid question; the message says where, and lists the questions there are"),
            "413": error("more than 500 KB"),
        },
    )


def _body(route: Route) -> Json:
    kinds = route.kinds
    content: Json = {
        "schema": OneOf("question", {kind: Use(model, "validation") for kind, model in kinds.items()}),
        "examples": {
            kind: {"summary": summary(model), "value": example}
            for kind, model in kinds.items()
            for example in model.model_json_schema().get("examples", [])[:1]
        },
    }
    return {"required": True, "content": {"application/json": content}}


def _answered(family: Family) -> type[BaseModel]:
    """The answer with its `answer` in the shape of the family."""
    fields: Any = {"answer": (family.answer, ...)}
    return create_model(
        f"{family.answer.__name__}Answered", __base__=Answered, __doc__=f"Answer of `POST /v1/{family.name}`.", **fields
    )
