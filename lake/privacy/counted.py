"""What the `counters` table holds of a customer's payments, logins and sessions, found by these events' ids.

Of each event: the states of pairs with the customer (their device, their address), its place in the review queue, and
its record with the decision on it. The record tells where the others are, so it comes last. States of cards, devices
and networks are not one customer's, and stay.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from commerce.assessments.answer import Assessed
from commerce.assessments.reviews import DONE, OPEN, key
from commerce.families import discover
from commerce.streams import Streams
from commerce.streams.declaration import CUSTOMER_COLUMN
from commerce.streams.observation import Counted, digest
from commerce.streams.places import SEEN, Pair, record_key, state_key
from lake.privacy.subject import Subject

TOGETHER = 100
"""Keys of one BatchGetItem, which takes no more."""
PASSES = 6
ATTEMPTS = 8
_CHANGED = "ConditionalCheckFailedException"
Item = dict[str, Any]


class UnreadError(Exception):
    """The table was throttled all the time; the same call is safe to repeat."""


class ChangingError(Exception):
    """Records kept changing while they were being erased; erasing again is safe."""


class CountedEvents:
    """Items of the table that the subject's events lead to."""

    def __init__(self, table: str, subject: Subject) -> None:
        self._dynamodb: Any = boto3.client("dynamodb")
        self._table = table
        self._subject = subject

    def items(self) -> Iterator[Item]:
        """As they are stored, each once, an event's record after what it leads to. Raises `UnreadError`."""
        given: set[Pair] = set()
        for family in discover().values():
            if family.assessment is None:
                continue
            streams = family.assessment.streams
            ids = self._subject.events.get(family.assessment.event_type, frozenset())
            for some in batched(sorted(ids), TOGETHER):
                records = [r for r in self._get(record_key(streams, id_) for id_ in some) if self._is_theirs(r)]
                beside = {pair for record in records for pair in self._beside(streams, record)} - given
                given |= beside
                yield from self._get(beside)
                yield from records

    def erase(self) -> int:
        """Delete them until a search finds none; how many. Raises `UnreadError` or `ChangingError`."""
        count = 0
        for _ in range(PASSES):
            found = 0
            for item in self.items():
                found += 1
                count += self._delete(item)
            if not found:
                return count
        raise ChangingError(f"records of events changed in each of {PASSES} passes")

    def _is_theirs(self, record: Item) -> bool:
        """A record of an event that is told of somebody else now is that customer's."""
        told = record.get("told")
        whose = json.loads(told)["values"].get(CUSTOMER_COLUMN) if told else None
        return whose in (None, digest(self._subject.customer_id))

    def _beside(self, streams: Streams, record: Item) -> Iterator[Pair]:
        if told := record.get("told"):
            event = Counted.of(json.loads(told))
            # The customer's own state is found by their id alone.
            pairs = (f.entity for f in streams.features if f.entity.personal and len(f.entity.columns) > 1)
            yield from (state_key(streams, e.name, event.keys[e.name]) for e in pairs if e.name in event.keys)
        if decision := record.get("decision"):
            answer = Assessed.model_validate_json(decision)
            yield from (key(answer, state) for state in (OPEN, DONE))

    def _get(self, pairs: Iterable[Pair]) -> list[Item]:
        deserialize = TypeDeserializer().deserialize
        found: list[Item] = []
        for some in batched(sorted(pairs), TOGETHER):
            keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in some]
            pending: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
            for attempt in range(ATTEMPTS):
                answer = self._dynamodb.batch_get_item(RequestItems=pending)
                items = answer["Responses"].get(self._table, [])
                found += [{name: deserialize(value) for name, value in item.items()} for item in items]
                pending = answer.get("UnprocessedKeys") or {}
                if not pending:
                    break
                time.sleep(0.05 * 2**attempt)
            if pending:
                raise UnreadError(f"{len(pending[self._table]['Keys'])} keys of {self._table} stayed unprocessed")
        return found

    def _delete(self, item: Item) -> int:
        """1 where it is gone. A record that changed meanwhile may lead to more: the next pass reads it again."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}},
        }
        if item["sk"] == SEEN:
            request["ConditionExpression"] = "revision = :revision"
            request["ExpressionAttributeValues"] = {":revision": {"N": str(item["revision"])}}
        try:
            self._dynamodb.delete_item(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != _CHANGED:
                raise
            return 0
        return 1
