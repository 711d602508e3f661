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
from commerce.streams.observation import digest
from functions.common.dynamodb import Item

OPEN, DONE = "open", "done"
KEPT = timedelta(days=60)
_COUNT = "count"

Pair = tuple[str, str]


def counter_key(family: str, now: datetime) -> Pair:
    """(pk, sk) of the day's number of reviews."""
    return f"reviews#{family}#{now.date().isoformat()}", _COUNT


def count(items: Iterable[Item], counter: Pair) -> int:
    """The number in a read's items; 0 where there is none."""
    return next((int(i["reviews"]["N"]) for i in items if (i["pk"]["S"], i["sk"]["S"]) == counter), 0)


def key(answer: Assessed, state: str = OPEN) -> Pair:
    """(pk, sk) of a decision in the queue."""
    return f"reviews#{answer.family}", f"{state}#{answer.decided_at.isoformat()}#{digest(answer.event_id)}"


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
