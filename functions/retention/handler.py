"""Removes what is past retention: `{"dry"?: true, "today"?: "YYYY-MM-DD"}` → `{"removed": {table: …}, "dry"}`.

Run daily. A table without retention is never touched; a dry run deletes nothing and answers the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from commerce.tables import TABLES
from functions.common import telemetry
from functions.common.aws import client
from functions.common.environment import setting
from functions.retention.logic import day_of, expired, oldest_kept

DELETE_KEYS = 1000
"""Most keys of one DeleteObjects, and of one page of a listing."""

log = telemetry.logger("retention")
metrics = telemetry.metrics("retention")


class NotRemovedError(Exception):
    """Some objects could not be deleted; the next run tries again."""


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    dry = bool(event.get("dry"))
    today = date.fromisoformat(event["today"]) if event.get("today") else datetime.now(UTC).date()
    removed = {}
    for table in TABLES.values():
        oldest = oldest_kept(table, today)
        if oldest is None:
            continue
        told = _sweep(table.name, oldest, dry=dry)
        if told["objects"]:
            removed[table.name] = told
    count = sum(told["objects"] for told in removed.values())
    metrics.add_metric("ExpiredObjects", MetricUnit.Count, 0 if dry else count)
    log.info("retention", objects=count, dry=dry)
    return {"dry": dry, "today": today.isoformat(), "removed": removed}


def _sweep(table: str, oldest: date, *, dry: bool) -> dict[str, Any]:
    """Objects of the table before the day `oldest`: how many, and of which days."""
    count, days = 0, []
    for page in _pages(f"lake/{table}/"):
        keys = expired(page, oldest)
        if keys and not dry:
            _delete(keys)
        count += len(keys)
        days += [day for key in keys if (day := day_of(key)) is not None]
        if any((day := day_of(key)) is not None and day >= oldest for key in page):
            # Keys come in the order of their days: all that follow stay.
            break
    if not days:
        return {"objects": 0}
    return {"objects": count, "first": min(days).isoformat(), "last": max(days).isoformat()}


def _pages(prefix: str) -> Iterator[list[str]]:
    pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=setting("LAKE_BUCKET"), Prefix=prefix)
    for page in pages:
        yield [entry["Key"] for entry in page.get("Contents", ())]


def _delete(keys: list[str]) -> None:
    answer = client("s3", read_timeout=60).delete_objects(
        Bucket=setting("LAKE_BUCKET"), Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
    )
    if wrong := answer.get("Errors"):
        raise NotRemovedError(f"{len(wrong)} objects could not be deleted, the first with {wrong[0].get('Code')}")
