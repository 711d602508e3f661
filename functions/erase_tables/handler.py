"""Erases a customer from the tables: `{"request_id", "last"}` → `{"wait_seconds"}`.

Called twice: first it marks the customer as not to be written to, which holds while the lake is erased; `last` removes
what was written meanwhile, what visitors did of whom the lake told that they were the customer, and the mark. Doing
either again finds nothing more.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from commerce.campaigns.shop import Sending
from commerce.privacy import Known
from functions.common import ledger, privacy, telemetry
from functions.common.aws import client
from functions.common.environment import optional, setting
from functions.erase_tables.logic import Tables, erase

log = telemetry.logger("erase_tables")


class UnknownRequestError(Exception):
    """There is no such request: it was not stored by the API."""


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    dynamodb, request_id, last = client("dynamodb"), event["request_id"], event["last"]
    tables = Tables(
        campaigns=setting("CAMPAIGNS_TABLE"),
        letters=setting("LETTERS_TABLE"),
        counters=setting("COUNTERS_TABLE"),
        scores=setting("SCORES_TABLE"),
    )
    stored = privacy.read(dynamodb, tables.campaigns, request_id)
    if stored is None:
        raise UnknownRequestError(f"there is no privacy request {request_id}")
    if stored.customer_id is not None:
        if not last:
            ledger.unsubscribe(dynamodb, tables.letters, stored.customer_id, datetime.now(UTC))
        known = Known.model_validate_json(stored.known or "{}")
        found = erase(dynamodb, tables, stored.customer_id, known, keep_mark=not last)
        privacy.tell(dynamodb, tables.campaigns, stored, found)
        log.info("erased", request_id=request_id, last=last, items=sum(found.values()))
    sending = Sending.model_validate_json(optional("SENDING", "{}"))
    return {"wait_seconds": sending.measure_delay_seconds}
