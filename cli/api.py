"""Asking the deployed API, as an app would."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from cli.environment import Environment

_TIMEOUT_SECONDS = 30
BATCH = 100
"""Customers in one request of `scores:batchGet`."""


class ApiError(Exception):
    """The API refused or failed; the message holds its status and words."""


def customer_scores(environment: Environment, customer_id: str) -> dict[str, Any]:
    """`GET /v1/customers/{id}/scores`."""
    return _call(environment, f"/v1/customers/{urllib.parse.quote(customer_id, safe='')}/scores")


def batch_scores(environment: Environment, customer_ids: list[str]) -> list[dict[str, Any]]:
    """`POST /v1/scores:batchGet`, in as many requests as the customers need."""
    results: list[dict[str, Any]] = []
    for i in range(0, len(customer_ids), BATCH):
        body = {"customer_ids": customer_ids[i : i + BATCH]}
        results += _call(environment, "/v1/scores:batchGet", body)["results"]
    return results


def _call(environment: Environment, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - the address is the stack's own output, http or https
        environment.api_url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"x-api-key": environment.api_key, "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise ApiError(f"{path} answered {error.code}: {error.read().decode(errors='replace')[:500]}") from None
    except urllib.error.URLError as error:
        raise ApiError(f"{environment.api_url} cannot be reached: {error.reason}") from None
