"""Templates of letters in the `campaigns` table: one item per immutable version, and one that says which is newest.

| pk | sk | what |
|---|---|---|
| `template` | `<id>` | number and summary of the newest version |
| `template#<id>` | `v00001` | that version as JSON in `document`, its summary in `summary` |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from commerce.campaigns.template import TemplateSummary, TemplateVersion
from functions.common.backoff import pause
from functions.common.dynamodb import Item, Key

ATTEMPTS = 6


class ConflictError(Exception):
    """Others keep saving the same template; try again later."""


def read(dynamodb: Any, table: str, id_: str, version: int | None = None) -> TemplateVersion | None:
    """That version, or the newest where none is named."""
    number = version
    if number is None:
        newest_ = newest(dynamodb, table, id_)
        if newest_ is None:
            return None
        number = newest_.version
    item = dynamodb.get_item(TableName=table, Key=_version_key(id_, number), ConsistentRead=True).get("Item")
    return None if item is None else TemplateVersion.model_validate_json(item["document"]["S"])


def newest(dynamodb: Any, table: str, id_: str) -> TemplateSummary | None:
    """Summary of the newest version."""
    item = dynamodb.get_item(TableName=table, Key=_newest_key(id_), ConsistentRead=True).get("Item")
    return None if item is None else _summary(item)


def save(dynamodb: Any, table: str, id_: str, make: Callable[[int], TemplateVersion]) -> TemplateVersion:
    """Keep what `make` makes of the next number. Two who save at once get a number each. Raises `ConflictError`."""
    for attempt in range(ATTEMPTS):
        before = newest(dynamodb, table, id_)
        made = make(before.version + 1 if before else 1)
        try:
            dynamodb.transact_write_items(TransactItems=_puts(table, made))
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            pause(attempt)
        else:
            return made
    raise ConflictError(f"template {id_!r} is being saved by others")


def all_(dynamodb: Any, table: str) -> list[TemplateSummary]:
    """The newest version of every template, by id."""
    return [_summary(item) for item in _query(dynamodb, table, "template")]


def versions(dynamodb: Any, table: str, id_: str) -> list[TemplateSummary]:
    """Every version of a template, the newest first."""
    return [_summary(item) for item in _query(dynamodb, table, f"template#{id_}")][::-1]


def _puts(table: str, version: TemplateVersion) -> list[dict[str, Any]]:
    """Both items at once, each on condition that nobody else has the number."""
    summary = TemplateSummary(**version.model_dump(include=set(TemplateSummary.model_fields))).model_dump_json()
    newest_ = _newest_key(version.id) | {"summary": {"S": summary}, "version": {"N": str(version.version)}}
    document = {"document": {"S": version.model_dump_json()}, "summary": {"S": summary}}
    return [
        {
            "Put": {
                "TableName": table,
                "Item": newest_,
                "ConditionExpression": "attribute_not_exists(pk) OR version < :version",
                "ExpressionAttributeValues": {":version": {"N": str(version.version)}},
            }
        },
        {
            "Put": {
                "TableName": table,
                "Item": _version_key(version.id, version.version) | document,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
    ]


def _query(dynamodb: Any, table: str, pk: str) -> list[Item]:
    found: list[Item] = []
    start: dict[str, Any] = {}
    while True:
        page = dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ProjectionExpression="summary",
            ConsistentRead=True,
            **start,
        )
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _newest_key(id_: str) -> Key:
    return {"pk": {"S": "template"}, "sk": {"S": id_}}


def _version_key(id_: str, version: int) -> Key:
    return {"pk": {"S": f"template#{id_}"}, "sk": {"S": f"v{version:05d}"}}


def _summary(item: Item) -> TemplateSummary:
    return TemplateSummary.model_validate_json(item["summary"]["S"])
