"""Campaigns, their offers and the progress of their parts in the `campaigns` table.

| pk | sk | what |
|---|---|---|
| `campaign` | `<id>` | a campaign as JSON in `document`, beside it `status` and `revision` |
| `campaign#<id>#<run>` | `part#00001` | how far one part of a run is, as JSON in `document`, beside it `first_at` |
| `offer` | `<id>` | an offer's definition as JSON in `document` |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal, cast

from botocore.exceptions import ClientError
from pydantic import BaseModel, Field

from commerce.campaigns.audience import Part
from commerce.campaigns.lifecycle import Campaign, Delivery, Status
from commerce.campaigns.offer import OfferDefinition
from functions.common.backoff import pause
from functions.common.dynamodb import Item, Key, batch_put

ATTEMPTS = 6


class UnknownCampaignError(LookupError):
    """There is no campaign of that id."""


class ConflictError(Exception):
    """Somebody else wrote in between; read again and decide again."""


class PartProgress(BaseModel):
    """How far one part of a run is. Its counts are computed from the ledger, never added up.

    `waiting`: nothing of it is being sent now; `resume_at` says from when on it can be, None: at once.
    """

    number: int
    rows: int = Field(description="members in its file")
    state: Literal["running", "done", "waiting", "failed"] = "waiting"
    sent: int = 0
    failed: int = 0
    deferred: int = 0
    in_doubt: int = 0
    skipped: dict[str, int] = Field(default_factory=dict)
    resume_at: datetime | None = None
    first_at: datetime | None = Field(default=None, description="when it was made; kept by every later write")
    changed_at: datetime | None = None


def read(dynamodb: Any, table: str, id_: str) -> Campaign | None:
    """The campaign as it is now."""
    document = _document(dynamodb, table, _campaign_key(id_))
    return None if document is None else Campaign.model_validate_json(document)


def status(dynamodb: Any, table: str, id_: str) -> Status:
    """The campaign's status as it is now, and nothing else. Raises `UnknownCampaignError`."""
    item = dynamodb.get_item(
        TableName=table,
        Key=_campaign_key(id_),
        ConsistentRead=True,
        ProjectionExpression="#status",
        ExpressionAttributeNames={"#status": "status"},
    ).get("Item")
    if not item:
        raise UnknownCampaignError(f"there is no campaign {id_!r}")
    return cast(Status, item["status"]["S"])


def create(dynamodb: Any, table: str, campaign: Campaign) -> Campaign:
    """Keep a campaign that was not there. Raises `ConflictError` where its id is taken."""
    return _put(dynamodb, table, campaign, "attribute_not_exists(pk)", {})


def put(dynamodb: Any, table: str, campaign: Campaign) -> Campaign:
    """Write a campaign over the one of its revision; the answer has the next one. Raises `ConflictError`."""
    values = {":revision": {"N": str(campaign.revision)}}
    changed = campaign.model_copy(update={"revision": campaign.revision + 1, "changed_at": datetime.now(UTC)})
    return _put(dynamodb, table, changed, "revision = :revision", values)


def change(dynamodb: Any, table: str, id_: str, decide: Callable[[Campaign], Campaign]) -> Campaign:
    """Read, decide, write if nobody wrote in between; else again. What `decide` leaves as it is is not written.

    Raises `UnknownCampaignError`, and `ConflictError` where others kept changing it.
    """
    for attempt in range(ATTEMPTS):
        old = read(dynamodb, table, id_)
        if old is None:
            raise UnknownCampaignError(f"there is no campaign {id_!r}")
        new = decide(old)
        if new == old:
            return old
        try:
            return put(dynamodb, table, new)
        except ConflictError:
            pause(attempt)
    raise ConflictError(f"campaign {id_!r} changed {ATTEMPTS} times while it was being changed")


def all_(dynamodb: Any, table: str) -> list[Campaign]:
    """Every campaign, the newest first."""
    found = [Campaign.model_validate_json(item["document"]["S"]) for item in _query(dynamodb, table, "campaign")]
    return sorted(found, key=lambda campaign: (campaign.created_at, campaign.id), reverse=True)


def read_offer(dynamodb: Any, table: str, id_: str) -> OfferDefinition | None:
    """The offer's definition as it is now."""
    document = _document(dynamodb, table, _key("offer", id_))
    return None if document is None else OfferDefinition.model_validate_json(document)


def put_offer(dynamodb: Any, table: str, id_: str, definition: OfferDefinition) -> None:
    """Write an offer, new or over the one that is there; runs keep the definition of their start."""
    item = _key("offer", id_) | {"document": {"S": definition.model_dump_json()}}
    dynamodb.put_item(TableName=table, Item=item)


def offers(dynamodb: Any, table: str) -> dict[str, OfferDefinition]:
    """Every offer's definition by id, in the order of ids."""
    items = _query(dynamodb, table, "offer")
    return {item["sk"]["S"]: OfferDefinition.model_validate_json(item["document"]["S"]) for item in items}


def create_parts(dynamodb: Any, table: str, id_: str, run: str, made: Iterable[Part]) -> None:
    """A row for every part that has none yet; those that are there stay as they are.

    For the one execution of a run: nothing else makes its parts.
    """
    now = datetime.now(UTC)
    there = {part.number for part in parts(dynamodb, table, id_, run)}
    rows = [PartProgress(number=part.number, rows=part.rows, changed_at=now) for part in made]
    items = [
        _part_item(id_, run, row) | {"first_at": {"S": now.isoformat()}} for row in rows if row.number not in there
    ]
    batch_put(dynamodb, table, items)


def put_part(dynamodb: Any, table: str, id_: str, run: str, progress: PartProgress) -> None:
    """Write how far a part is. `run` as in `r0001`."""
    now = datetime.now(UTC)
    item = _part_item(id_, run, progress.model_copy(update={"changed_at": now}))
    dynamodb.update_item(
        TableName=table,
        Key={"pk": item["pk"], "sk": item["sk"]},
        UpdateExpression="SET document = :document, first_at = if_not_exists(first_at, :now)",
        ExpressionAttributeValues={":document": item["document"], ":now": {"S": now.isoformat()}},
    )


def parts(dynamodb: Any, table: str, id_: str, run: str) -> list[PartProgress]:
    """How far every part of a run is, in their order."""
    found = []
    for item in _query(dynamodb, table, _run_pk(id_, run)):
        progress = PartProgress.model_validate_json(item["document"]["S"])
        found.append(progress.model_copy(update={"first_at": datetime.fromisoformat(item["first_at"]["S"])}))
    return found


def delivery(progress: Iterable[PartProgress]) -> Delivery:
    """All parts together."""
    total = Delivery()
    for part in progress:
        total.parts += 1
        total.parts_done += part.state == "done"
        total.sent += part.sent
        total.failed += part.failed
        total.deferred += part.deferred
        total.in_doubt += part.in_doubt
        for reason, number in part.skipped.items():
            total.skipped[reason] = total.skipped.get(reason, 0) + number
    return total


def _put(dynamodb: Any, table: str, campaign: Campaign, condition: str, values: Item) -> Campaign:
    item = _campaign_key(campaign.id) | {
        "document": {"S": campaign.model_dump_json()},
        "status": {"S": campaign.status},
        "revision": {"N": str(campaign.revision)},
    }
    more = {"ExpressionAttributeValues": values} if values else {}
    try:
        dynamodb.put_item(TableName=table, Item=item, ConditionExpression=condition, **more)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise ConflictError(f"campaign {campaign.id!r} is not as it was read") from error
        raise
    return campaign


def _document(dynamodb: Any, table: str, key: Key) -> str | None:
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return None if item is None else item["document"]["S"]


def _query(dynamodb: Any, table: str, pk: str) -> Iterator[Item]:
    """Every item of a partition, in the order of its sort keys."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )
    for page in pages:
        yield from page["Items"]


def _part_item(id_: str, run: str, progress: PartProgress) -> Item:
    document = progress.model_dump_json(exclude={"first_at"})
    return _key(_run_pk(id_, run), f"part#{progress.number:05d}") | {"document": {"S": document}}


def _run_pk(id_: str, run: str) -> str:
    return f"campaign#{id_}#{run}"


def _campaign_key(id_: str) -> Key:
    return _key("campaign", id_)


def _key(pk: str, sk: str) -> Key:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
