"""`GET /v1/openapi.json`."""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.common import telemetry
from functions.common.http import Answer, answer
from functions.openapi.document import build

log = telemetry.logger("openapi")


@log.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function."""
    return answer(200, _document(), {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"})


@cache
def _document() -> dict[str, Any]:
    return build()
