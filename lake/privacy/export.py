"""Everything held about a customer in one JSON document (`commerce.privacy.Export`), written as it is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from pydantic_core import to_json

from commerce.campaigns.ledger import address_pk, customer_pk
from commerce.families import discover
from commerce.privacy import Known, counter_partitions
from lake.privacy.bucket import Bucket
from lake.privacy.counted import CountedEvents
from lake.privacy.files import held
from lake.privacy.gather import curated, with_events
from lake.privacy.places import place_of
from lake.privacy.subject import Subject
from lake.privacy.walk import Object, each, objects

_LEFT_OUT = frozenset({"exports"})
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableNames:
    """The tables that hold something of customers."""

    letters: str
    counters: str
    scores: str


def export(
    target: Path,
    buckets: Iterable[Bucket],
    tables: TableNames,
    customer_id: str,
    known: Known,
    made_at: datetime,
    say: Callable[[str], None],
) -> dict[str, int]:
    """Write the document; how many records by place. Only one object's records are in memory at a time."""
    buckets = list(buckets)
    subject = with_events(buckets, Subject(customer_id, frozenset(known.emails), frozenset(known.anonymous_ids)))
    counts: dict[str, int] = {}
    with target.open("wb") as file:
        head = {"customer_id": customer_id, "made_at": made_at, "known": known}
        file.write(to_json(head)[:-1] + b',\n"places":{')
        for place, records in _places(buckets, tables, subject):
            count = 0
            for record in records:
                opening = b"," if count else (b",\n" if counts else b"\n") + to_json(place) + b":["
                file.write(opening + b"\n" + to_json(record))
                count += 1
            if count:
                file.write(b"]")
                counts[place] = count
                say(f"{place}: {count} records")
        file.write(b"}}\n")
    return counts


def _places(buckets: list[Bucket], tables: TableNames, subject: Subject) -> Iterator[tuple[str, Iterator[Record]]]:
    found: dict[str, list[Object]] = {}
    taken = curated(buckets)
    for turn in objects(buckets, old=False):
        for object_ in turn:
            place = place_of(object_.bucket.role, object_.version.key)
            if place not in _LEFT_OUT and taken.get(object_.version.key) != object_.version.tag:
                found.setdefault(place, []).append(object_)
    for place in sorted(found):
        yield place, _records(found[place], subject)
    yield from _items(tables, subject)


def _records(found: list[Object], subject: Subject) -> Iterator[Record]:
    def read(object_: Object, scratch: Path) -> list[Record]:
        file = scratch / "file"
        if object_.bucket.fetch(object_.version, file) is None:
            return []
        return list(held(file, object_.version.key, subject))

    for records in each(found, read):
        yield from records


def _items(tables: TableNames, subject: Subject) -> Iterator[tuple[str, Iterator[Record]]]:
    """Items of the tables, by their keys."""
    dynamodb = boto3.client("dynamodb")
    families = [family.name for family in discover().values() if family.entity == "customer"]
    known = Known(anonymous_ids=sorted(subject.anonymous_ids))
    partitions = {
        "letters": (tables.letters, [customer_pk(subject.customer_id)]),
        "suppression": (tables.letters, [address_pk(email) for email in sorted(subject.emails)]),
        "counters": (tables.counters, counter_partitions(subject.customer_id, known)),
        "scores": (tables.scores, [f"{family}#{subject.customer_id}" for family in families]),
    }
    for name, (table, keys) in partitions.items():
        items = (item for pk in keys for item in _query(dynamodb, table, pk))
        counted = CountedEvents(table, subject).items() if table == tables.counters else ()
        yield f"table {name}", chain(items, counted)


def _query(dynamodb: Any, table: str, pk: str) -> Iterator[Record]:
    deserialize = TypeDeserializer().deserialize
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
    )
    for page in pages:
        for item in page["Items"]:
            yield {name: deserialize(value) for name, value in item.items()}
