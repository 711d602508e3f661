"""The review queue, in the `counters` table: what is open, what was decided, and how many a day asked for.

| pk | sk | what |
|---|---|---|
| `reviews#<family>` | `open#<time>#<hash>` | a decision that somebody should look at, as JSON in `decision` |
| `reviews#<family>` | `done#<time>#<hash>` | one that somebody looked at, with the verdict in `fraud` |
| `reviews#<family>#<day>` | `count` | how many were asked for on that day, UTC |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from commerce.assessments.answer import Assessed
from commerce.assessments.reviews import DONE, Given, Review, Reviews, key
from functions.common.dynamodb import Item, batch_get

KEPT = timedelta(days=60)
_COUNT = "count"

Pair = tuple[str, str]


def counter_key(family: str, now: datetime) -> Pair:
    """(pk, sk) of the day's number of reviews."""
    return f"reviews#{family}#{now.date().isoformat()}", _COUNT


def count(items: Iterable[Item], counter: Pair) -> int:
    """The number in a read's items; 0 where there is none."""
    return next((int(i["reviews"]["N"]) for i in items if (i["pk"]["S"], i["sk"]["S"]) == counter), 0)


def page(dynamodb: Any, table: str, family: str, state: str, most: int, after: str | None) -> Reviews:
    """The oldest of that state, those after a page's `next`."""
    query: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :state)",
        "ExpressionAttributeValues": {":pk": {"S": f"reviews#{family}"}, ":state": {"S": f"{state}#"}},
        "Limit": most,
    }
    if after is not None:
        query["ExclusiveStartKey"] = {"pk": {"S": f"reviews#{family}"}, "sk": {"S": f"{state}#{after}"}}
    found = dynamodb.query(**query)
    last = found.get("LastEvaluatedKey")
    return Reviews(
        reviews=[_review(item) for item in found["Items"]],
        next=last["sk"]["S"].removeprefix(f"{state}#") if last else None,
    )


def close(dynamodb: Any, table: str, answer: Assessed, given: Given, now: datetime) -> Review | None:
    """Move a decision out of the queue with its verdict; a later verdict takes an earlier one's place. None where the
    queue never had it."""
    pk, sk = key(answer)
    done = key(answer, DONE)[1]
    keys = [{"pk": {"S": pk}, "sk": {"S": each}} for each in (sk, done)]
    item = next(iter(batch_get(dynamodb, table, keys, consistent=True)), None)
    if item is None:
        return None
    item |= {
        "sk": {"S": done},
        "verdict": {"S": given.model_dump_json()},
        "ttl": {"N": str(int((now + KEPT).timestamp()))},
    }
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": table, "Item": item}},
            {"Delete": {"TableName": table, "Key": keys[0]}},
        ]
    )
    return _review(item)


def _review(item: Item) -> Review:
    verdict = item.get("verdict", {}).get("S")
    return Review(
        decision=Assessed.model_validate_json(item["decision"]["S"]),
        amount=float(item["amount"]["N"]),
        verdict=Given.model_validate_json(verdict) if verdict else None,
    )


def asked(table: str, answer: Assessed, amount: float, now: datetime) -> list[dict[str, Any]]:
    """What a transaction takes to put a decision into the queue and count it."""
    expires = str(int((now + KEPT).timestamp()))
    pk, sk = key(answer)
    item = {
        "pk": {"S": pk},
        "sk": {"S": sk},
        "decision": {"S": answer.model_dump_json()},
        "amount": {"N": str(amount)},
        "ttl": {"N": expires},
    }
    counter = counter_key(answer.family, now)
    update = {
        "TableName": table,
        "Key": {"pk": {"S": counter[0]}, "sk": {"S": counter[1]}},
        "UpdateExpression": "ADD reviews :one SET #ttl = :ttl",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":ttl": {"N": expires}},
    }
    return [{"Put": {"TableName": table, "Item": item}}, {"Update": update}]
