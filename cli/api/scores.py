"""The routes that read what the models say."""

from __future__ import annotations

from typing import Any

from cli.api import http
from cli.environment import Environment
from commerce.family import Family
from commerce.scores import ProductAnswer
from commerce.verbs import ProductQuestion

BATCH = 100
"""Customers in one request of `scores:batchGet`."""


def customer(environment: Environment, customer_id: str) -> dict[str, Any]:
    """`GET /v1/customers/{id}/scores`."""
    return http.get(environment, f"/v1/customers/{http.segment(customer_id)}/scores")


def batch(environment: Environment, customer_ids: list[str]) -> list[dict[str, Any]]:
    """`POST /v1/scores:batchGet`, in as many requests as the customers need."""
    results: list[dict[str, Any]] = []
    for i in range(0, len(customer_ids), BATCH):
        body = {"customer_ids": customer_ids[i : i + BATCH]}
        results += http.post(environment, "/v1/scores:batchGet", body)["results"]
    return results


def product(environment: Environment, family: Family, product_id: str) -> ProductAnswer:
    """`GET /v1/<collection>/{product}`."""
    return ProductAnswer.model_validate(http.get(environment, f"/v1/{family.collection}/{http.segment(product_id)}"))


def verb(environment: Environment, family: Family, name: str, question: ProductQuestion) -> ProductAnswer:
    """`POST /v1/<collection>:<verb>`."""
    body = question.model_dump(mode="json", exclude_unset=True)
    return ProductAnswer.model_validate(http.post(environment, f"/v1/{family.collection}:{name}", body))
