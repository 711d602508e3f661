"""Publishes one file of scores: `{"part", "run", "version"}` → `{"rows"}`. Publishing again writes the same rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from commerce.families import family
from commerce.scores import Chunk
from functions.common import objects, telemetry
from functions.common.aws import client
from functions.common.dynamodb import batch_put
from functions.common.environment import setting
from functions.common.plan import Run
from functions.publish_scores.logic import rows

log = telemetry.logger("publish_scores")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    run = Run.model_validate(event["run"])
    chunk = Chunk.model_validate(event["part"])
    content = objects.read(objects.beside(run.keys.manifest, chunk.key))
    items = rows(family(run.family), event["version"], chunk, content, now=datetime.now(UTC))
    batch_put(client("dynamodb"), setting("SCORES_TABLE"), items)
    log.info("published", run_id=run.run_id, version=event["version"], part=chunk.key, rows=len(items))
    return {"rows": len(items)}
