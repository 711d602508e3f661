"""What a claim is: the letters of a group of customers, with everything that must hold for them, in one transaction.

A claim of a new letter holds: the letter was never claimed in this campaign, the customer has neither unsubscribed nor
complained, the address is not suppressed, no other campaign's letter came in between (the cap was checked on
`revision`), the coupon was never issued, and the budgets have room. Pure: this module only writes the transaction down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from commerce.campaigns.audience import Member
from commerce.campaigns.ledger import (
    BUDGET,
    CONTACT,
    COUPON,
    FREQUENCY,
    SUPPRESSED,
    address_pk,
    budget_pk,
    coupon_pk,
    customer_pk,
)
from commerce.campaigns.shop import Sending
from functions.common.dynamodb import Item
from functions.common.ledger import LetterRow, key, letter_item, letter_key, owner_key, text
from functions.deliver.skipping import Standing

ACTIONS = 100
"""Most actions of one TransactWriteItems."""
PER_LETTER = 6
GROUP = (ACTIONS - 8) // PER_LETTER
"""Letters of one transaction; the rest is for the budgets of the campaign and of its at most five offers."""

Label = Literal["letter", "contact", "address", "frequency", "coupon", "offer_exhausted", "budget_exhausted"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A letter about to be claimed, with what was read of its customer. `before` is the claim it takes over."""

    member: Member
    standing: Standing
    row: LetterRow
    before: LetterRow | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What budgets allow: the campaign's money, and coupons by offer; None where there is no limit."""

    money: Decimal | None
    coupons: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a transaction, and what it means if its condition does not hold."""

    label: Label
    write: dict[str, Any]


def taking_over(row: LetterRow, now: datetime) -> LetterRow:
    """The row of the next attempt."""
    return replace(row, attempt=row.attempt + 1, claimed_at=now, released=False)


def transaction(table: str, claims: list[Claim], limits: Limits, sending: Sending, now: datetime) -> list[Action]:
    """The actions that claim all of them, or none."""
    actions: list[Action] = []
    for claim in claims:
        actions.append(_contact_allows(table, claim.member))
        if claim.before is not None:
            actions.append(Action("letter", take_over(table, claim.before, claim.row)))
        else:
            actions += _new_letter(table, claim, sending, now)
    # One item can be in a transaction only once, and two customers may share an address.
    actions += [_address_allows(table, pk) for pk in dict.fromkeys(address_pk(c.member.email) for c in claims)]
    return [*actions, *_budgets(table, [c.row for c in claims if c.before is None], limits)]


def take_over(table: str, before: LetterRow, row: LetterRow) -> dict[str, Any]:
    """The same letter's next attempt, if nobody made one and no event came in the meantime."""
    return {
        "Update": {
            "TableName": table,
            "Key": letter_key(row.customer_id, row.campaign_id),
            "UpdateExpression": "SET attempt = :attempt, claimed_at = :now REMOVE released",
            "ConditionExpression": "#state = :claimed AND attempt = :before AND claimed_at = :then",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":claimed": {"S": "claimed"},
                ":attempt": {"N": str(row.attempt)},
                ":now": {"S": text(row.claimed_at)},
                ":before": {"N": str(before.attempt)},
                ":then": {"S": text(before.claimed_at)},
            },
        }
    }


def give_back(table: str, row: LetterRow, reason: str) -> list[dict[str, Any]]:
    """The actions that close a letter which certainly was not sent, and free what it had taken."""
    frequency = key(customer_pk(row.customer_id), FREQUENCY)
    writes: list[dict[str, Any]] = [
        {
            "Update": {
                "TableName": table,
                "Key": letter_key(row.customer_id, row.campaign_id),
                "UpdateExpression": "SET #state = :failed, reason = :reason REMOVE released, coupon",
                "ConditionExpression": "#state = :claimed AND attempt = :attempt",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {
                    ":failed": {"S": "failed"},
                    ":reason": {"S": reason},
                    ":claimed": {"S": "claimed"},
                    ":attempt": {"N": str(row.attempt)},
                },
            }
        },
        {
            "Update": {
                "TableName": table,
                "Key": frequency,
                "UpdateExpression": "SET revision = revision + :one REMOVE letters.#campaign",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": {"#campaign": row.campaign_id},
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        },
    ]
    if row.coupon:
        writes.append({"Delete": {"TableName": table, "Key": key(coupon_pk(row.coupon), COUPON)}})
        writes.append(_add(table, budget_pk("offer", row.offer_id), "issued", Decimal(-1)))
        if row.cost:
            writes.append(_add(table, budget_pk("campaign", row.campaign_id), "spent", -row.cost))
    return writes


def _new_letter(table: str, claim: Claim, sending: Sending, now: datetime) -> Iterable[Action]:
    row = claim.row
    owner = owner_key(row.letter_id) | {"customer_id": {"S": row.customer_id}, "campaign_id": {"S": row.campaign_id}}
    yield Action("letter", _put_new(table, letter_item(row)))
    yield Action("letter", {"Put": {"TableName": table, "Item": owner}})
    yield Action("frequency", _count_letter(table, claim, sending, now))
    if row.coupon:
        coupon = key(coupon_pk(row.coupon), COUPON) | {
            "offer_id": {"S": row.offer_id},
            "campaign_id": {"S": row.campaign_id},
            "customer_id": {"S": row.customer_id},
            "issued_on": {"S": now.date().isoformat()},
            "expires_on": {"S": row.coupon_expires_on},
        }
        yield Action("coupon", _put_new(table, coupon))


def _put_new(table: str, item: Item) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _count_letter(table: str, claim: Claim, sending: Sending, now: datetime) -> dict[str, Any]:
    """Writes only what still counts: the item stays small."""
    letters = claim.standing.recent(sending, now) | {claim.row.campaign_id: now}
    item = key(customer_pk(claim.row.customer_id), FREQUENCY) | {
        "revision": {"N": str(claim.standing.revision + 1)},
        "letters": {"M": {campaign: {"S": text(at)} for campaign, at in letters.items()}},
    }
    put: dict[str, Any] = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    if claim.standing.revision:
        put["ConditionExpression"] = "revision = :revision"
        put["ExpressionAttributeValues"] = {":revision": {"N": str(claim.standing.revision)}}
    return {"Put": put}


def _contact_allows(table: str, member: Member) -> Action:
    check = {
        "TableName": table,
        "Key": key(customer_pk(member.customer_id), CONTACT),
        "ConditionExpression": "attribute_not_exists(unsubscribed) AND attribute_not_exists(complained)",
    }
    return Action("contact", {"ConditionCheck": check})


def _address_allows(table: str, pk: str) -> Action:
    check = {"TableName": table, "Key": key(pk, SUPPRESSED), "ConditionExpression": "attribute_not_exists(pk)"}
    return Action("address", {"ConditionCheck": check})


def _budgets(table: str, rows: list[LetterRow], limits: Limits) -> Iterable[Action]:
    """A budget may be used up to its limit and not beyond, whoever else uses it at the same time."""
    issued: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.coupon:
            issued[row.offer_id] += 1
    for offer_id, number in issued.items():
        limit = limits.coupons.get(offer_id)
        room = None if limit is None else Decimal(limit - number)
        yield Action("offer_exhausted", _add(table, budget_pk("offer", offer_id), "issued", Decimal(number), room))
    cost = sum((row.cost for row in rows if row.coupon), Decimal(0))
    if cost and rows:
        room = None if limits.money is None else limits.money - cost
        yield Action("budget_exhausted", _add(table, budget_pk("campaign", rows[0].campaign_id), "spent", cost, room))


def _add(table: str, pk: str, name: str, amount: Decimal, room: Decimal | None = None) -> dict[str, Any]:
    """Add to a budget, where what is used of it so far is at most `room`."""
    update: dict[str, Any] = {
        "TableName": table,
        "Key": key(pk, BUDGET),
        "UpdateExpression": "SET #name = if_not_exists(#name, :zero) + :amount",
        "ExpressionAttributeNames": {"#name": name},
        "ExpressionAttributeValues": {":zero": {"N": "0"}, ":amount": {"N": format(amount, "f")}},
    }
    if room is not None:
        # Below zero there is no room even in an unused budget.
        update["ConditionExpression"] = "#name <= :room" + (" OR attribute_not_exists(#name)" if room >= 0 else "")
        update["ExpressionAttributeValues"][":room"] = {"N": format(room, "f")}
    return {"Update": update}
