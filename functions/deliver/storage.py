"""The ledger, the campaign's status and the token bucket in DynamoDB; plan, part and templates as they were kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from commerce.campaigns.audience import Member
from commerce.campaigns.ledger import CONTACT, FREQUENCY, RATE, SUPPRESSED, address_pk, customer_pk
from commerce.campaigns.lifecycle import Status
from commerce.campaigns.places import PLAN, RunPlaces
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.shop import Sending
from functions.common import campaigns, ledger
from functions.common.aws import THROTTLED, client
from functions.common.backoff import pause
from functions.common.dynamodb import Item, batch_get
from functions.common.environment import setting
from functions.common.ledger import LetterRow, key, letter_key
from functions.deliver.claims import Claim, Label, Limits, give_back, take_over, transaction
from functions.deliver.rate import Bucket
from functions.deliver.skipping import Standing

ATTEMPTS = 8
_CONFLICT = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_HELD = frozenset({"None", *_CONFLICT})
"""Reasons of a cancelled transaction's actions that say nothing of their conditions."""


class ContendedError(Exception):
    """The table stayed too busy; the pass may be repeated."""


@dataclass(frozen=True, slots=True)
class AwsStorage:
    """`Storage` of one campaign on AWS."""

    campaign_id: str

    def status(self) -> Status:
        """Of the campaign, as it is now."""
        return campaigns.status(_dynamodb(), setting("CAMPAIGNS_TABLE"), self.campaign_id)

    def letters(self, customers: Iterable[str]) -> dict[str, LetterRow]:
        """Letters of the campaign by customer."""
        return ledger.read_letters(_dynamodb(), _table(), self.campaign_id, customers)

    def standings(self, members: Iterable[Member]) -> Mapping[str, Standing]:
        """What the ledger says of each customer."""
        wanted = list(members)
        keys = {(customer_pk(m.customer_id), sk) for m in wanted for sk in (CONTACT, FREQUENCY)}
        keys |= {(address_pk(m.email), SUPPRESSED) for m in wanted}
        items = batch_get(_dynamodb(), _table(), [key(*pair) for pair in sorted(keys)], consistent=True)
        found = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
        return {m.customer_id: _standing(m, found) for m in wanted}

    def heard(self) -> datetime | None:
        """When the newest mail was sent that an event was seen of."""
        return ledger.latest_event(_dynamodb(), _table())

    def may_probe(self, now: datetime, before: datetime) -> bool:
        """Whether this pass is the one to send a probe."""
        return ledger.may_probe(_dynamodb(), _table(), now, before=before)

    def claim(self, claims: list[Claim], limits: Limits, sending: Sending, now: datetime) -> frozenset[Label]:
        """Claim all or none; what stood against it, nothing where they are claimed. Raises `ContendedError`.

        Where DynamoDB does not answer, the error goes up: what was written all the same is in doubt.
        """
        actions = transaction(_table(), claims, limits, sending, now)
        codes = _transact([action.write for action in actions])
        if codes is None:
            return frozenset()
        return frozenset(action.label for action, code in zip(actions, codes, strict=True) if code not in _HELD)

    def renew(self, row: LetterRow, renewed: LetterRow) -> bool:
        """Whether the claim was still this pass's own, and is from now on `renewed`."""
        return _transact([take_over(_table(), row, renewed)]) is None

    def sent(self, row: LetterRow, message_id: str, at: datetime) -> None:
        """The mail service has it."""
        ledger.mark_sent(_dynamodb(), _table(), row, message_id, at)

    def closed(self, row: LetterRow, reason: str) -> None:
        """It was not sent and never will be: what it had taken is given back, once."""
        _transact(give_back(_table(), row, reason))

    def released(self, row: LetterRow) -> None:
        """It was certainly not sent: the next pass may."""
        _update(
            letter_key(row.customer_id, row.campaign_id),
            "SET released = :true",
            "#state = :claimed AND attempt = :attempt",
            {":true": {"BOOL": True}, ":claimed": {"S": "claimed"}, ":attempt": {"N": str(row.attempt)}},
            {"#state": "state"},
        )

    def take(self, bucket: Bucket, letters: int, now: datetime) -> float:
        """Seconds to wait for so many tokens; 0 where they were taken. Each attempt is one conditional addition."""
        at = round(now.timestamp() * 1_000_000)
        full_at: int | None = None
        for _ in range(2):
            if wait := bucket.wait(full_at, at, letters):
                return wait / 1_000_000
            taken, full_at = _move(bucket, letters, at, full_at)
            if taken:
                return 0.0
        return bucket.wait(full_at, at, letters) / 1_000_000 or 0.01


def read_plan(campaign_id: str, run: str) -> CampaignPlan:
    """The plan of a run, which never changes."""
    content = _object(RunPlaces(campaign_id, run).key("plan", PLAN))
    return CampaignPlan.model_validate_json(content)


def read_members(key: str) -> list[Member]:
    """The members of a part."""
    return [Member.model_validate_json(line) for line in _object(key).splitlines() if line.strip()]


def _move(bucket: Bucket, letters: int, now: int, full_at: int | None) -> tuple[bool, int | None]:
    """Try to move the bucket on; whether it was moved, else when it really is full."""
    cost = bucket.cost(letters)
    if full_at is None or full_at <= now:
        update, condition = "SET full_at = :after", "attribute_not_exists(pk) OR full_at <= :now"
        values = {":after": now + cost, ":now": now}
    else:
        update, condition = "SET full_at = full_at + :cost", "full_at BETWEEN :now AND :most"
        values = {":cost": cost, ":now": now, ":most": now + bucket.depth - cost}
    old = _update(key(*RATE), update, condition, {name: {"N": str(value)} for name, value in values.items()})
    if old is None:
        return True, None
    return False, int(old["full_at"]["N"]) if "full_at" in old else None


def _standing(member: Member, found: dict[tuple[str, str], Item]) -> Standing:
    pk = customer_pk(member.customer_id)
    contact = found.get((pk, CONTACT), {})
    frequency = found.get((pk, FREQUENCY), {})
    letters = frequency.get("letters", {}).get("M", {})
    return Standing(
        unsubscribed="unsubscribed" in contact,
        complained="complained" in contact,
        suppressed=found.get((address_pk(member.email), SUPPRESSED), {}).get("reason", {}).get("S", ""),
        letters={campaign: datetime.fromisoformat(at["S"]) for campaign, at in letters.items()},
        revision=int(frequency.get("revision", {}).get("N", "0")),
    )


def _transact(writes: list[dict[str, Any]]) -> list[str] | None:
    """None where it was carried out, else the code of every action's reason against it.

    Tried again while nothing but other transactions was in the way. Raises `ContendedError`.
    """
    for attempt in range(ATTEMPTS):
        try:
            _dynamodb().transact_write_items(TransactItems=writes)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "TransactionCanceledException":
                codes = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
                if not set(codes) <= _HELD:
                    return codes
            elif code not in THROTTLED:
                raise
        else:
            return None
        pause(attempt)
    raise ContendedError(f"a transaction of {len(writes)} actions met others {ATTEMPTS} times")


def _update(
    at: Item, update: str, condition: str, values: dict[str, Any], names: dict[str, str] | None = None
) -> Item | None:
    """None where the update was made, else the item as it is."""
    try:
        _dynamodb().update_item(
            TableName=_table(),
            Key=at,
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **({"ExpressionAttributeNames": names} if names else {}),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return error.response.get("Item", {})
        raise
    return None


def _object(key: str) -> bytes:
    return client("s3").get_object(Bucket=setting("LAKE_BUCKET"), Key=key)["Body"].read()


def _dynamodb() -> Any:
    return client("dynamodb")


def _table() -> str:
    return setting("LETTERS_TABLE")
