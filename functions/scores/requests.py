"""What is asked, on any of the routes, and in which shape it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError

from commerce.families import discover
from commerce.family import Family
from commerce.scores import LONGEST_ID, BatchGetRequest, BatchGetResponse, CustomerScores, ProductAnswer
from functions.common.http import ApiError, body, wrong
from functions.scores import verbs
from functions.scores.logic import ByEntity

MAX_BYTES = 500_000
"""Far above a hundred customers' ids."""
PRODUCT = "{product}"

Shape = Callable[[ByEntity, datetime], BaseModel]
"""(answers, when they were found) → the answer of the route."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Ids of customers, or of products, each once, in the order asked; families that answer of them."""

    ids: list[str]
    families: list[Family]
    shape: Shape


def read(event: Mapping[str, Any]) -> Asked:
    """The question of an API Gateway event. Raises `ApiError` 400 or 404."""
    method, resource = event.get("httpMethod"), event.get("resource") or event.get("path") or ""
    collections = {f"/v1/{family.collection}/{PRODUCT}": family for family in discover().values() if family.collection}
    if method == "GET" and resource in collections:
        return Asked([_id(event, "product", "product")], [collections[resource]], _of_one_product)
    if method == "GET" and resource.endswith("/scores"):
        query = event.get("queryStringParameters") or {}
        names = None
        if "families" in query:
            names = [name for name in (query["families"] or "").split(",") if name]
        return Asked([_id(event, "id", "customer")], families(names), _of_one_customer)
    if method == "POST" and resource.endswith("/scores:batchGet"):
        return _batch(event)
    if method == "POST" and resource in (of_verbs := verbs.routes()):
        family, verb = of_verbs[resource]
        question = verbs.read(event, verb)
        return Asked([question.product_id], [family], verbs.responding(family, verb, question))
    read_from, posted_to = ("/v1/customers/{id}/scores", *collections), ("/v1/scores:batchGet", *verbs.routes())
    raise ApiError(404, "not_found", f"POST {', '.join(posted_to)}, or GET {', '.join(read_from)}")


def _id(event: Mapping[str, Any], parameter: str, what: str) -> str:
    # API Gateway hands path parameters on as they stand in the URL.
    found = unquote((event.get("pathParameters") or {}).get(parameter) or "")
    if not 0 < len(found) <= LONGEST_ID:
        raise ApiError(400, "invalid_request", f"the {what} id must have 1 to {LONGEST_ID} characters")
    return found


def _batch(event: Mapping[str, Any]) -> Asked:
    try:
        request = BatchGetRequest.model_validate_json(body(event, MAX_BYTES))
    except ValidationError as error:
        raise ApiError(400, "invalid_request", wrong(error)) from None
    return Asked(list(dict.fromkeys(request.customer_ids)), families(request.families), _of_customers)


def families(names: list[str] | None) -> list[Family]:
    """Families that the score routes answer of: those named, each once, or all."""
    known = {name: spec for name, spec in discover().items() if spec.scored}
    if names is None:
        return list(known.values())
    unknown = sorted(set(names) - set(known))
    if unknown or not names:
        there_are = ", ".join(known) or "none"
        raise ApiError(
            404, "unknown_family", f"no family {', '.join(map(repr, unknown)) or 'named'}; there are: {there_are}"
        )
    return [known[name] for name in dict.fromkeys(names)]


def _of_customers(answers: ByEntity, now: datetime) -> BatchGetResponse:
    results = [CustomerScores(customer_id=id_, generated_at=now, scores=scores) for id_, scores in answers.items()]
    return BatchGetResponse(results=results)


def _of_one_customer(answers: ByEntity, now: datetime) -> CustomerScores:
    return _of_customers(answers, now).results[0]


def _of_one_product(answers: ByEntity, now: datetime) -> ProductAnswer:
    ((product, by_family),) = answers.items()
    (found,) = by_family.values()
    return ProductAnswer(product_id=product, generated_at=now, answer=found)
