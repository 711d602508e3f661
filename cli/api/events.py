"""The tracking route: telling what happened, as a shop's server does."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any

from cli.api import http
from cli.api.http import ApiError
from cli.environment import Environment

BATCH = 100
"""Messages in one call."""
_ATTEMPTS = 4
_PAUSE_SECONDS = 2.0
_AGAIN = (429, 502, 503, 504)
"""Statuses after which the same call may be sent again: nothing is counted twice."""

Message = Mapping[str, Any]


def tell(environment: Environment, write_key: str, messages: Sequence[Message]) -> None:
    """`POST /v1/batch`, in as many calls as the messages need. Raises `ApiError`, also where one is rejected."""
    authorization = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
    for group in batched(messages, BATCH):
        answer = _call(environment, {"batch": list(group)}, {"authorization": authorization})
        if rejected := answer["rejected"]:
            reasons = "; ".join(rejected[0]["reasons"])
            raise ApiError(f"{len(rejected)} of {len(group)} events are rejected, the first for: {reasons}", status=200)


def _call(environment: Environment, body: Message, headers: Mapping[str, str]) -> dict[str, Any]:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return http.call(environment, "POST", "/v1/batch", body, headers)
        except ApiError as error:
            if error.status not in _AGAIN or attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE_SECONDS * attempt)
    raise AssertionError
