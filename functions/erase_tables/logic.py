"""What the tables hold of a customer, found by keys alone and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.ledger import CONTACT, COUPON, coupon_pk, customer_pk
from commerce.campaigns.lifecycle import Campaign
from commerce.families import discover
from commerce.privacy import Known, counter_partitions
from functions.common import ledger, privacy
from functions.common.backoff import pause
from functions.common.dynamodb import Item

ATTEMPTS = 8


class ContendedError(Exception):
    """A campaign kept changing; erasing again is safe."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of the tables."""

    campaigns: str
    letters: str
    counters: str
    scores: str


def erase(dynamodb: Any, tables: Tables, customer_id: str, known: Known, *, keep_mark: bool) -> dict[str, int]:
    """Delete everything of the customer; how many items by place. `keep_mark` leaves whether they may be written to."""
    found = {
        "table letters": _letters(dynamodb, tables.letters, customer_id, keep_mark=keep_mark),
        "table counters": sum(
            _partition(dynamodb, tables.counters, pk) for pk in counter_partitions(customer_id, known)
        ),
        "table scores": sum(
            _partition(dynamodb, tables.scores, f"{family.name}#{customer_id}")
            for family in discover().values()
            if family.entity == "customer"
        ),
        "table campaigns": _samples(dynamodb, tables.campaigns, customer_id),
    }
    privacy.forget_export(dynamodb, tables.campaigns, customer_id)
    return {place: count for place, count in found.items() if count}


def _letters(dynamodb: Any, table: str, customer_id: str, *, keep_mark: bool) -> int:
    """A letter's own items go before the row that names them, so that a killed erasure still finds them.

    Whether the customer may be written to is not counted: the erasure itself made that item, or may have.
    """
    count = 0
    for item in _items(dynamodb, table, customer_pk(customer_id)):
        if keep_mark and item["sk"]["S"] == CONTACT:
            continue
        if letter := item.get("letter_id", {}).get("S"):
            dynamodb.delete_item(TableName=table, Key=ledger.owner_key(letter))
        if code := item.get("coupon", {}).get("S"):
            dynamodb.delete_item(TableName=table, Key=ledger.key(coupon_pk(code), COUPON))
        _delete(dynamodb, table, item)
        count += item["sk"]["S"] != CONTACT
    return count


def _partition(dynamodb: Any, table: str, pk: str) -> int:
    items = list(_items(dynamodb, table, pk))
    for item in items:
        _delete(dynamodb, table, item)
    return len(items)


def _samples(dynamodb: Any, table: str, customer_id: str) -> int:
    """Campaigns show the ids of a few customers of their audience."""
    count = 0
    for item in _items(dynamodb, table, "campaign"):
        count += _without_sample(dynamodb, table, item, customer_id)
    return count


def _without_sample(dynamodb: Any, table: str, item: Item, customer_id: str) -> int:
    """1 where the campaign showed the customer. Its revision rises: whoever changes it meanwhile reads it again."""
    for attempt in range(ATTEMPTS):
        campaign = Campaign.model_validate_json(item["document"]["S"])
        facts = {"preview": campaign.preview, "audience": campaign.audience}
        shown = {name: f for name, f in facts.items() if f is not None and customer_id in f.sample}
        if not shown:
            return 0
        changes: dict[str, Any] = {name: _less(f, customer_id) for name, f in shown.items()}
        changed = campaign.model_copy(update=changes | {"revision": campaign.revision + 1})
        try:
            dynamodb.update_item(
                TableName=table,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET #document = :document, revision = :next",
                ConditionExpression="revision = :revision",
                ExpressionAttributeNames={"#document": "document"},
                ExpressionAttributeValues={
                    ":document": {"S": changed.model_dump_json()},
                    ":next": {"N": str(changed.revision)},
                    ":revision": {"N": str(campaign.revision)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            pause(attempt)
            key = {"pk": item["pk"], "sk": item["sk"]}
            item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
            continue
        return 1
    raise ContendedError(f"a campaign changed {ATTEMPTS} times while its sample was being changed")


def _less(facts: AudienceFacts, customer_id: str) -> AudienceFacts:
    return facts.model_copy(update={"sample": [id_ for id_ in facts.sample if id_ != customer_id]})


def _items(dynamodb: Any, table: str, pk: str) -> Iterator[Item]:
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def _delete(dynamodb: Any, table: str, item: Item) -> None:
    dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
