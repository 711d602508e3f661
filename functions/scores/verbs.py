"""`POST /v1/<collection>:<verb>`: a question about a product, answered from what its family says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from commerce.families import discover
from commerce.family import Family
from commerce.scores import ProductAnswer
from commerce.verbs import ProductQuestion, UnanswerableError, Verb
from functions.common.http import ApiError, body, wrong

MAX_BYTES = 100_000
"""Far above a plan of fifty entries."""


def routes() -> dict[str, tuple[Family, Verb]]:
    """Path → family and verb."""
    return {
        f"/v1/{family.collection}:{verb.name}": (family, verb)
        for family in discover().values()
        for verb in family.verbs
    }


def read(event: Mapping[str, Any], verb: Verb) -> ProductQuestion:
    """The question of an API Gateway event. Raises `ApiError` 400 or 413."""
    try:
        # Types are taken as they are: the text "10" is no number.
        return verb.question.model_validate_json(body(event, MAX_BYTES), strict=True)
    except ValidationError as error:
        raise ApiError(400, "invalid_request", wrong(error)) from None


def responding(family: Family, verb: Verb, question: ProductQuestion) -> Callable[[Any, datetime], ProductAnswer]:
    """(answers by product and family, now) → the verb's answer. Raises `ApiError` 400 where it has none."""

    def shape(answers: Mapping[str, Mapping[str, dict[str, Any]]], now: datetime) -> ProductAnswer:
        known = family.answer.model_validate(answers[question.product_id][family.name])
        try:
            found = verb.respond(question, known)
        except UnanswerableError as error:
            raise ApiError(400, "unanswerable", str(error)) from None
        return ProductAnswer(product_id=question.product_id, generated_at=now, answer=found.model_dump(mode="json"))

    return shape
