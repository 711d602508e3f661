"""The `letters` table in DynamoDB (`commerce.campaigns.ledger`): rows as stored, and the writes that are a fact each.

What must hold together (a claim with its caps, coupons and budgets) is a transaction of `functions.deliver.claims`.
Every write here may be repeated, and comes out the same in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from botocore.exceptions import ClientError

from commerce.campaigns.ledger import CONTACT, SUPPRESSED, LetterState, address_pk, customer_pk, letter_sk
from functions.common.dynamodb import Item, Key, batch_get

LETTER = "letter"
LATEST, PROBE = ("events", "latest"), ("events", "probe")
"""The newest mail that an event was seen of; the last mail that was sent only to see one."""

Suppression = Literal["bounced", "complained"]


def key(pk: str, sk: str) -> Key:
    """As DynamoDB takes it."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def letter_key(customer_id: str, campaign_id: str) -> Key:
    """Of the one letter of a campaign to a customer."""
    return key(customer_pk(customer_id), letter_sk(campaign_id))


def owner_key(letter_id: str) -> Key:
    """Of the item that says whose a letter is: events of the mail service name the letter alone."""
    return key(f"letter#{letter_id}", LETTER)


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter as the ledger knows it. Times are UTC."""

    customer_id: str
    campaign_id: str
    letter_id: str
    run: int
    arm: str
    template_id: str
    state: LetterState
    attempt: int
    claimed_at: datetime
    released: bool = False
    """Whether it is certain that the attempt was not sent."""
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    ses_message_id: str = ""
    reason: str = ""
    coupon: str = ""
    coupon_expires_on: str = ""
    offer_id: str = ""
    cost: Decimal = Decimal(0)


def text(moment: datetime) -> str:
    """A time as stored: ISO 8601 in UTC, always of the same length, so that times compare as texts."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def letter_item(row: LetterRow) -> Item:
    """As stored when it is claimed."""
    item = letter_key(row.customer_id, row.campaign_id) | {
        "customer_id": {"S": row.customer_id},
        "campaign_id": {"S": row.campaign_id},
        "letter_id": {"S": row.letter_id},
        "run": {"N": str(row.run)},
        "arm": {"S": row.arm},
        "template_id": {"S": row.template_id},
        "state": {"S": row.state},
        "attempt": {"N": str(row.attempt)},
        "claimed_at": {"S": text(row.claimed_at)},
        "cost": {"N": str(row.cost)},
    }
    for name in ("coupon", "coupon_expires_on", "offer_id"):
        if value := getattr(row, name):
            item[name] = {"S": value}
    return item


def letter_row(item: Item) -> LetterRow:
    """As read."""

    def string(name: str) -> str:
        return item.get(name, {}).get("S", "")

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(string(name)) if name in item else None

    return LetterRow(
        customer_id=string("customer_id"),
        campaign_id=string("campaign_id"),
        letter_id=string("letter_id"),
        run=int(item["run"]["N"]),
        arm=string("arm"),
        template_id=string("template_id"),
        state=item["state"]["S"],
        attempt=int(item["attempt"]["N"]),
        claimed_at=datetime.fromisoformat(string("claimed_at")),
        released=item.get("released", {}).get("BOOL", False),
        sent_at=moment("sent_at"),
        delivered_at=moment("delivered_at"),
        ses_message_id=string("ses_message_id"),
        reason=string("reason"),
        coupon=string("coupon"),
        coupon_expires_on=string("coupon_expires_on"),
        offer_id=string("offer_id"),
        cost=Decimal(item.get("cost", {}).get("N", "0")),
    )


def read_letters(dynamodb: Any, table: str, campaign_id: str, customers: Iterable[str]) -> dict[str, LetterRow]:
    """Letters of a campaign by customer, as they are now."""
    keys = [letter_key(customer, campaign_id) for customer in dict.fromkeys(customers)]
    rows = map(letter_row, batch_get(dynamodb, table, keys, consistent=True))
    return {row.customer_id: row for row in rows}


def read_by_id(dynamodb: Any, table: str, letter_ids: Iterable[str]) -> dict[str, LetterRow]:
    """Letters by their ids; those of erased customers are missing."""
    owners = batch_get(dynamodb, table, [owner_key(id_) for id_ in dict.fromkeys(letter_ids)], consistent=True)
    pairs = dict.fromkeys((item["customer_id"]["S"], item["campaign_id"]["S"]) for item in owners)
    items = batch_get(dynamodb, table, [letter_key(*pair) for pair in pairs], consistent=True)
    return {row.letter_id: row for row in map(letter_row, items)}


def mark_sent(dynamodb: Any, table: str, row: LetterRow, message_id: str, at: datetime) -> None:
    """The mail service has the letter. Of two marks the first keeps its time and id; an erased letter stays so."""
    _update(
        dynamodb,
        table,
        letter_key(row.customer_id, row.campaign_id),
        "SET #state = :sent, sent_at = if_not_exists(sent_at, :at), "
        "ses_message_id = if_not_exists(ses_message_id, :id) REMOVE released, reason",
        "attribute_exists(pk)",
        {":sent": {"S": "sent"}, ":at": {"S": text(at)}, ":id": {"S": message_id}},
        {"#state": "state"},
    )


def mark_delivered(dynamodb: Any, table: str, row: LetterRow, at: datetime) -> None:
    """The receiver's mail server has the letter."""
    _update(
        dynamodb,
        table,
        letter_key(row.customer_id, row.campaign_id),
        "SET delivered_at = if_not_exists(delivered_at, :at)",
        "attribute_exists(pk)",
        {":at": {"S": text(at)}},
    )


def unsubscribe(dynamodb: Any, table: str, customer_id: str, at: datetime) -> None:
    """The customer wants no more letters; the first time is kept."""
    _contact(dynamodb, table, customer_id, "unsubscribed", at)


def complain(dynamodb: Any, table: str, customer_id: str, at: datetime) -> None:
    """The customer called a letter spam; the first time is kept."""
    _contact(dynamodb, table, customer_id, "complained", at)


def suppress(dynamodb: Any, table: str, email: str, reason: Suppression, at: datetime) -> None:
    """Nothing is sent to the address any more; the first reason is kept."""
    item = key(address_pk(email), SUPPRESSED) | {"reason": {"S": reason}, "at": {"S": text(at)}}
    try:
        dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")
    except ClientError as error:
        if not _condition_failed(error):
            raise


def latest_event(dynamodb: Any, table: str) -> datetime | None:
    """When the newest mail was sent that an event was seen of."""
    item = dynamodb.get_item(TableName=table, Key=key(*LATEST), ConsistentRead=True).get("Item")
    return datetime.fromisoformat(item["mail_at"]["S"]) if item else None


def saw_event(dynamodb: Any, table: str, mail_at: datetime) -> None:
    """An event of a mail sent at `mail_at` was seen; the newest such time is kept."""
    _advance(dynamodb, table, LATEST, mail_at, before=mail_at)


def may_probe(dynamodb: Any, table: str, now: datetime, *, before: datetime) -> bool:
    """Whether this caller, of all who ask, is the one to send a probe: none was sent since `before`."""
    return _advance(dynamodb, table, PROBE, now, before=before)


def _advance(dynamodb: Any, table: str, at: tuple[str, str], moment: datetime, *, before: datetime) -> bool:
    return _update(
        dynamodb,
        table,
        key(*at),
        "SET mail_at = :at",
        "attribute_not_exists(pk) OR mail_at < :before",
        {":at": {"S": text(moment)}, ":before": {"S": text(before)}},
    )


def _contact(dynamodb: Any, table: str, customer_id: str, name: str, at: datetime) -> None:
    dynamodb.update_item(
        TableName=table,
        Key=key(customer_pk(customer_id), CONTACT),
        UpdateExpression="SET #name = if_not_exists(#name, :at)",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":at": {"S": text(at)}},
    )


def _update(
    dynamodb: Any,
    table: str,
    key: Key,
    update: str,
    condition: str,
    values: dict[str, Any],
    names: dict[str, str] | None = None,
) -> bool:
    """Whether the condition held and the update was made."""
    extra = {"ExpressionAttributeNames": names} if names else {}
    try:
        dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            **extra,
        )
    except ClientError as error:
        if _condition_failed(error):
            return False
        raise
    return True


def _condition_failed(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
