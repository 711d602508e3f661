"""Privacy requests in the `campaigns` table: one item per request, and one per customer and kind that finds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import ClientError

from commerce.privacy import (
    CUSTOMER,
    DOCUMENT,
    EXPORT_DAYS,
    KEPT_DAYS,
    KNOWN,
    TOLD,
    Kind,
    PrivacyRequest,
    added,
    pointer_key,
    request_key,
)
from functions.common.dynamodb import Item, Key


@dataclass(frozen=True, slots=True)
class Stored:
    """A request with what its item holds while it is worked on."""

    request: PrivacyRequest
    customer_id: str | None
    known: str | None
    told: dict[str, int]


def read(dynamodb: Any, table: str, request_id: str) -> Stored | None:
    """The request as it is now, or None where there is none."""
    item = dynamodb.get_item(TableName=table, Key=_key(request_key(request_id)), ConsistentRead=True).get("Item")
    if item is None:
        return None
    return Stored(
        PrivacyRequest.model_validate_json(item[DOCUMENT]["S"]),
        item.get(CUSTOMER, {}).get("S"),
        item.get(KNOWN, {}).get("S"),
        json.loads(item.get(TOLD, {}).get("S", "{}")),
    )


def find(dynamodb: Any, table: str, customer_id: str, kind: Kind) -> Stored | None:
    """The customer's last request of that kind, if there is one."""
    found = dynamodb.get_item(TableName=table, Key=_key(pointer_key(customer_id, kind)), ConsistentRead=True).get(
        "Item"
    )
    return read(dynamodb, table, found["request_id"]["S"]) if found else None


def begin(dynamodb: Any, table: str, request: PrivacyRequest, customer_id: str, before: Stored | None) -> bool:
    """Store a new request in place of the customer's last one; False where somebody else was faster.

    An erasure takes over what a failed one had found out, because what told of it may be erased already.
    """
    pointer: Item = _key(pointer_key(customer_id, request.kind)) | {"request_id": {"S": request.request_id}}
    item: Item = _key(request_key(request.request_id)) | {
        DOCUMENT: {"S": request.model_dump_json()},
        CUSTOMER: {"S": customer_id},
    }
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if request.kind == "export":
        pointer["ttl"] = _ttl(request.requested_at, EXPORT_DAYS + 1)
    if before is not None:
        condition = {
            "ConditionExpression": "attribute_not_exists(pk) OR request_id = :before",
            "ExpressionAttributeValues": {":before": {"S": before.request.request_id}},
        }
        if before.known:
            item[KNOWN] = {"S": before.known}
    actions: list[dict[str, Any]] = [
        {"Put": {"TableName": table, "Item": pointer, **condition}},
        {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}},
    ]
    if before is not None and before.customer_id is not None:
        key = _key(request_key(before.request.request_id))
        forget = {"TableName": table, "Key": key, "UpdateExpression": f"REMOVE {CUSTOMER}, {KNOWN}"}
        actions.append({"Update": forget})
    try:
        dynamodb.transact_write_items(TransactItems=actions)
    except ClientError as error:
        if error.response["Error"]["Code"] == "TransactionCanceledException":
            return False
        raise
    return True


def tell(dynamodb: Any, table: str, stored: Stored, found: dict[str, int]) -> None:
    """Add to what was found so far; one step after the other works on a request."""
    dynamodb.update_item(
        TableName=table,
        Key=_key(request_key(stored.request.request_id)),
        UpdateExpression=f"SET {TOLD} = :told",
        ExpressionAttributeValues={":told": {"S": json.dumps(added(stored.told, found))}},
    )


def end(
    dynamodb: Any, table: str, stored: Stored, status: Literal["done", "failed"], reason: str, now: datetime
) -> PrivacyRequest:
    """Note how the request ended, and forget whom it was about; only a failed erasure still needs to know."""
    ended = stored.request.model_copy(
        update={"status": status, "ended_at": now, "found": stored.told, "reason": reason}
    )
    kept = status == "failed" and ended.kind == "erasure"
    dynamodb.update_item(
        TableName=table,
        Key=_key(request_key(ended.request_id)),
        UpdateExpression="SET #document = :document, #ttl = :ttl REMOVE "
        + ", ".join([TOLD] if kept else [TOLD, CUSTOMER, KNOWN]),
        ExpressionAttributeNames={"#document": DOCUMENT, "#ttl": "ttl"},
        ExpressionAttributeValues={":document": {"S": ended.model_dump_json()}, ":ttl": _ttl(now, KEPT_DAYS)},
    )
    if status == "done" and ended.kind == "erasure" and stored.customer_id is not None:
        _forget_pointers(dynamodb, table, stored.customer_id)
    return ended


def forget_export(dynamodb: Any, table: str, customer_id: str) -> None:
    """An export of a customer who is erased is nobody's any more, be it made or in the making."""
    export = find(dynamodb, table, customer_id, "export")
    if export is not None and export.customer_id is not None:
        dynamodb.update_item(
            TableName=table,
            Key=_key(request_key(export.request.request_id)),
            UpdateExpression=f"REMOVE {CUSTOMER}",
        )
    dynamodb.delete_item(TableName=table, Key=_key(pointer_key(customer_id, "export")))


def _forget_pointers(dynamodb: Any, table: str, customer_id: str) -> None:
    kinds: tuple[Kind, ...] = ("erasure", "export")
    for kind in kinds:
        dynamodb.delete_item(TableName=table, Key=_key(pointer_key(customer_id, kind)))


def _key(pair: tuple[str, str]) -> Key:
    return {"pk": {"S": pair[0]}, "sk": {"S": pair[1]}}


def _ttl(start: datetime, days: int) -> dict[str, str]:
    return {"N": str(int((start + timedelta(days=days)).timestamp()))}
