"""Versions of a family's rules in the `campaigns` table, and which of them is live.

| pk | sk | what |
|---|---|---|
| `rules#<family>` | `v00001` | that version: `summary` and `rules` as JSON; `trial`, once it was simulated |
| `rules#<family>` | `newest` | its number |
| `rules#<family>` | `live` | its number, since when, and a copy of it: one read gives whoever decides the rules |
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from commerce.rules.book import LiveRules, Rule, RuleBook, RuleSummary, Trial
from functions.common.backoff import pause
from functions.common.dynamodb import Item, Key

ATTEMPTS = 6
_RULES: TypeAdapter[list[Rule]] = TypeAdapter(list[Rule])
_CANCELED = "TransactionCanceledException"


class ConflictError(Exception):
    """Others keep saving or activating rules of the same family; try again later."""


def live(dynamodb: Any, table: str, family: str) -> LiveRules | None:
    """The live version; None while there is none."""
    item = _get(dynamodb, table, _key(family, "live"))
    return None if item is None else _live(item)


def read(dynamodb: Any, table: str, family: str, version: int) -> RuleBook | None:
    """That version."""
    item = _get(dynamodb, table, _version_key(family, version))
    return None if item is None else _book(item)


def newest(dynamodb: Any, table: str, family: str) -> RuleBook | None:
    """The newest version."""
    item = _get(dynamodb, table, _key(family, "newest"))
    return None if item is None else read(dynamodb, table, family, int(item["version"]["N"]))


def save(dynamodb: Any, table: str, family: str, make: Callable[[int], RuleBook]) -> RuleBook:
    """Keep what `make` makes of the next number. Two who save at once get a number each. Raises `ConflictError`."""
    for attempt in range(ATTEMPTS):
        item = _get(dynamodb, table, _key(family, "newest"))
        made = make(int(item["version"]["N"]) + 1 if item else 1)
        number = {"N": str(made.version)}
        try:
            dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": table,
                            "Item": _key(family, "newest") | {"version": number},
                            "ConditionExpression": "attribute_not_exists(pk) OR version < :version",
                            "ExpressionAttributeValues": {":version": number},
                        }
                    },
                    {
                        "Put": {
                            "TableName": table,
                            "Item": _version_key(family, made.version) | _document(made),
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    },
                ]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _CANCELED:
                raise
            pause(attempt)
        else:
            return made
    raise ConflictError(f"rules of {family} are being saved by others")


def tried(dynamodb: Any, table: str, family: str, version: int, trial: Trial) -> None:
    """Note that the version, which must exist, was simulated."""
    dynamodb.update_item(
        TableName=table,
        Key=_version_key(family, version),
        UpdateExpression="SET trial = :trial",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":trial": {"S": trial.model_dump_json()}},
    )


def activate(dynamodb: Any, table: str, book: RuleBook, before: LiveRules | None, now: datetime) -> LiveRules:
    """Make `book` the live version in place of `before`. Raises `ConflictError` where another has become live since."""
    item = _key(book.family, "live") | _document(book)
    item |= {"version": {"N": str(book.version)}, "since": {"S": now.isoformat()}}
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if before is not None:
        condition = {
            "ConditionExpression": "since = :since",
            "ExpressionAttributeValues": {":since": {"S": before.since.isoformat()}},
        }
    try:
        dynamodb.put_item(TableName=table, Item=item, **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise ConflictError(f"other rules of {book.family} have just become live; look at them first") from None
    return LiveRules(since=now, book=book)


def versions(dynamodb: Any, table: str, family: str) -> list[RuleSummary]:
    """Every version, the newest first."""
    return [_summary(item) for item in _query(dynamodb, table, family, "summary, trial")][::-1]


def drafts(dynamodb: Any, table: str, family: str, after: int, most: int) -> list[RuleBook]:
    """The newest versions above `after`, the newest first."""
    found = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues={
            ":pk": {"S": _pk(family)},
            ":first": {"S": _sk(after + 1)},
            ":last": {"S": _sk(99_999)},
        },
        ScanIndexForward=False,
        Limit=most,
        ConsistentRead=True,
    )
    return [_book(item) for item in found["Items"]]


def _query(dynamodb: Any, table: str, family: str, projection: str) -> list[Item]:
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :v)",
        ExpressionAttributeValues={":pk": {"S": _pk(family)}, ":v": {"S": "v"}},
        ProjectionExpression=projection,
        ConsistentRead=True,
    )
    return [item for page in pages for item in page["Items"]]


def _get(dynamodb: Any, table: str, key: Key) -> Item | None:
    return dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def _pk(family: str) -> str:
    return f"rules#{family}"


def _sk(version: int) -> str:
    return f"v{version:05d}"


def _key(family: str, sk: str) -> Key:
    return {"pk": {"S": _pk(family)}, "sk": {"S": sk}}


def _version_key(family: str, version: int) -> Key:
    return _key(family, _sk(version))


def _document(book: RuleBook) -> Item:
    summary = RuleSummary(**book.model_dump(include=set(RuleSummary.model_fields), exclude={"trial"}))
    item: Item = {
        "summary": {"S": summary.model_dump_json()},
        "rules": {"S": _RULES.dump_json(book.rules).decode()},
    }
    return item | ({"trial": {"S": book.trial.model_dump_json()}} if book.trial else {})


def _summary(item: Item) -> RuleSummary:
    summary = RuleSummary.model_validate_json(item["summary"]["S"])
    trial = Trial.model_validate_json(item["trial"]["S"]) if "trial" in item else None
    return summary.model_copy(update={"trial": trial})


def _book(item: Item) -> RuleBook:
    summary = _summary(item)
    return RuleBook(
        **summary.model_dump(exclude={"trial"}), trial=summary.trial, rules=_RULES.validate_json(item["rules"]["S"])
    )


def _live(item: Item) -> LiveRules:
    return LiveRules(since=datetime.fromisoformat(item["since"]["S"]), book=_book(item))
