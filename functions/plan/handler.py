"""Plans a run: `{"input", "execution_name", "started_at"}` → `{"run"}`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from commerce.families import family
from functions.common import releases, telemetry
from functions.common.aws import client
from functions.common.environment import optional, setting
from functions.common.settings import parameters, resources
from functions.plan.logic import Places, Request, plan

log = telemetry.logger("plan")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function. What is wrong with the input fails the execution with a reason in words."""
    request = Request.model_validate(event["input"])
    spec = family(request.family)
    dynamodb, table = client("dynamodb"), setting("RELEASES_TABLE")
    upstream = {name: releases.read(dynamodb, table, name) for name in spec.upstream}
    run = plan(
        request,
        spec,
        parameters(spec, request.parameters),
        Places.model_validate(
            {
                "environment": setting("SHOPKEEPER_ENV"),
                "lake_bucket": setting("LAKE_BUCKET"),
                "models_bucket": setting("MODELS_BUCKET"),
                "engine": setting("ENGINE"),
                "canary": json.loads(optional("CANARY", "{}")),
            }
        ),
        releases.read(dynamodb, table, spec.name),
        upstream={name: found for name, found in upstream.items() if found and found.release.champion},
        resources=resources(spec),
        execution=event["execution_name"],
        started_at=datetime.fromisoformat(event["started_at"]),
    )
    log.info("planned", family=run.family, run_id=run.run_id, as_of=run.as_of.isoformat(), champion=run.champion)
    return {"run": run.model_dump(mode="json")}
