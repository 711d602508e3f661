"""Ends a request: `{"request_id", "outcome": "done" | "failed", "error"?}` → `{"status"}`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from commerce.privacy import export_key
from functions.common import privacy, telemetry
from functions.common.aws import client
from functions.common.environment import setting

REASON_LENGTH = 500

log = telemetry.logger("privacy_done")


class NothingExportedError(Exception):
    """The job ended well and left no file."""


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function. A request that has ended stays as it is."""
    request_id = event["request_id"]
    outcome: Literal["done", "failed"] = "done" if event["outcome"] == "done" else "failed"
    dynamodb, table = client("dynamodb"), setting("CAMPAIGNS_TABLE")
    stored = privacy.read(dynamodb, table, request_id)
    if stored is None or stored.request.status != "running":
        return {"status": stored.request.status if stored else "unknown"}
    if outcome == "done" and stored.request.kind == "export":
        _check_export(request_id)
    why = reason(event["error"]) if outcome == "failed" else ""
    ended = privacy.end(dynamodb, table, stored, outcome, why, datetime.now(UTC))
    log.info("ended", request_id=request_id, kind=ended.kind, status=ended.status)
    return {"status": ended.status}


def reason(error: dict[str, Any]) -> str:
    """In words: what a job gave as its reason, else the error as the workflow caught it."""
    cause = error.get("Cause") or ""
    try:
        told = json.loads(cause)
    except ValueError:
        told = {}
    if isinstance(told, dict):
        cause = told.get("FailureReason") or told.get("ExitMessage") or told.get("errorMessage") or cause
    return f"{error.get('Error', 'failed')}: {cause}"[:REASON_LENGTH]


def _check_export(request_id: str) -> None:
    try:
        client("s3").head_object(Bucket=setting("LAKE_BUCKET"), Key=export_key(request_id))
    except ClientError as error:
        raise NothingExportedError("the export job left no file") from error
