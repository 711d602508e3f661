"""The request that a job works on, in the `campaigns` table."""

from __future__ import annotations

import json
from typing import Any

import boto3

from commerce.privacy import CUSTOMER, KNOWN, TOLD, Known, added, request_key


class Request:
    """One item. Its customer is None once the request is done, or the customer was erased."""

    def __init__(self, table: str, request_id: str) -> None:
        self._dynamodb: Any = boto3.client("dynamodb")
        self._table = table
        pk, sk = request_key(request_id)
        self._key = {"pk": {"S": pk}, "sk": {"S": sk}}
        item = self._dynamodb.get_item(TableName=table, Key=self._key, ConsistentRead=True).get("Item", {})
        self.customer_id: str | None = item.get(CUSTOMER, {}).get("S")
        self.known = Known.model_validate_json(item.get(KNOWN, {}).get("S", "{}"))
        self._told: dict[str, int] = json.loads(item.get(TOLD, {}).get("S", "{}"))

    def know(self, known: Known) -> None:
        """Keep what was found out: when this is needed again, what told of it may be erased."""
        self._set(KNOWN, known.model_dump_json())

    def tell(self, found: dict[str, int]) -> None:
        """Add to what was found so far, by place."""
        self._told = added(self._told, found)
        self._set(TOLD, json.dumps(self._told))

    def _set(self, name: str, value: str) -> None:
        self._dynamodb.update_item(
            TableName=self._table,
            Key=self._key,
            UpdateExpression="SET #name = :value",
            ConditionExpression="attribute_exists(customer_id)",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": {"S": value}},
        )
