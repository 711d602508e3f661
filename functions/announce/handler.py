"""Called by the bus's own event that a version was released: puts one event per alert of its run on the bus."""

from __future__ import annotations

import json
from itertools import batched
from typing import Any

from pydantic import TypeAdapter

from commerce import runs
from commerce.rankings import Alert
from functions.announce.logic import Released, entries
from functions.common import objects, telemetry
from functions.common.aws import client
from functions.common.environment import setting

MOST_ENTRIES = 10
"""In one call of `PutEvents`."""
_ALERTS = TypeAdapter(list[Alert])

log = telemetry.logger("announce")


class NotTakenError(Exception):
    """The bus did not take every event; putting all of them again is safe, as each has an id of its own."""


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """The Lambda function. What fails is tried again, then kept in the dead-letter queue."""
    released = Released.model_validate(event["detail"])
    key = runs.Run(released.family, released.run_id).key(runs.ALERTS)
    told = entries(released, _ALERTS.validate_json(objects.read(key)))
    for group in batched(told, MOST_ENTRIES):
        put = client("events").put_events(
            Entries=[
                {
                    "EventBusName": setting("EVENT_BUS"),
                    "Source": "shopkeeper",
                    "DetailType": kind,
                    "Detail": json.dumps(detail),
                }
                for kind, detail in group
            ]
        )
        if put["FailedEntryCount"]:
            raise NotTakenError(f"{put['FailedEntryCount']} of {len(group)} alerts of run {released.run_id}")
    log.info("announced", run_id=released.run_id, alerts=len(told))
    return {"alerts": len(told)}
