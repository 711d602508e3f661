"""What a customer goes by beside their id: addresses, visitors that turned out to be them, and events of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from commerce.families import discover
from commerce.privacy import Known
from commerce.risk_tables import EVENT_IDS
from lake.compute import pc
from lake.curate.ledger import Ledger
from lake.privacy.bucket import Bucket
from lake.privacy.files import held
from lake.privacy.places import LAKE, RAW, place_of
from lake.privacy.subject import Subject
from lake.privacy.walk import Object, each, objects
from lake.stores import open_store

_TELLING = frozenset(
    {
        "raw events",
        "rejected events",
        "undelivered events",
        "lake events",
        "lake exposures",
        "lake customers",
        "lake sessions",
        "letters",
    }
)
"""Places that say who somebody is."""
_VISITED = ("lake events", "lake exposures", "lake sessions")
_EVENTS = {f"lake {table}": (event_type, column) for event_type, (table, column) in EVENT_IDS.items()}


def gather(buckets: Iterable[Bucket], customer_id: str, known: Known, say: Callable[[str], None]) -> Known:
    """`known` and what the lake, events not yet curated and members' files add to it.

    An address is what the customer is known by: the column of `customers` and members, and the traits of their own
    events, not any address that an event's properties hold. A visitor that was also seen with another customer is
    nobody's alone and not taken.
    """
    subject = Subject(customer_id)
    telling = [o for turn in objects(buckets) for o in turn if _place(o) in _TELLING]
    emails, visitors = set(known.emails), set(known.anonymous_ids)
    for records in each(telling, lambda o, scratch: _records(o, scratch, subject)):
        for record in records:
            emails |= {e.strip().lower() for e in _emails(record) if "@" in e}
            visitors |= set(_visitors(record))
    seen = frozenset(visitors)
    visited = [o for o in telling if seen and _place(o) in _VISITED and o.version.latest]
    for shared in each(visited, lambda o, scratch: _shared(o, scratch, customer_id, seen)):
        visitors -= shared
    say(f"known by {len(emails)} addresses and as {len(visitors)} visitors")
    return Known(emails=sorted(emails), anonymous_ids=sorted(visitors))


def with_events(buckets: Iterable[Bucket], subject: Subject) -> Subject:
    """The subject with their payments, logins and sessions: those in the lake, and those told since its last curation.

    Old versions tell too: of an erasure that was killed they may be all that is left of these, and what is about events
    goes first in each pass.
    """
    buckets = list(buckets)
    taken = curated(buckets)
    everything = [o for turn in objects(buckets) for o in turn]
    new = [o for o in everything if _place(o) == "raw events" and taken.get(o.version.key) != o.version.tag]
    holding = [o for o in everything if _place(o) in _EVENTS]
    found: dict[str, set[str]] = {}
    for object_, records in zip(holding, each(holding, lambda o, scratch: _records(o, scratch, subject)), strict=True):
        event_type, column = _EVENTS[_place(object_)]
        found.setdefault(event_type, set()).update(record[column] for record in records)
    for records in each(new, lambda o, scratch: _records(o, scratch, subject)):
        for event_type, id_ in filter(None, map(_tracked, records)):
            found.setdefault(event_type, set()).add(id_)
    return replace(subject, events={event_type: frozenset(ids) for event_type, ids in found.items() if ids})


def curated(buckets: Iterable[Bucket]) -> dict[str, str]:
    """Keys of the raw files whose events are in the lake, with their tags."""
    name = next(bucket.name for bucket in buckets if bucket.role == "lake")
    taken = Ledger(open_store(f"s3://{name}/{LAKE}"), f"s3://{name}/{RAW}").read()
    return {f"{RAW}/{key}": tag for key, tag in taken.items()}


def _tracked(event: Any) -> tuple[str, str] | None:
    """Type and id of the payment, login or session that a row of `events` tells of."""
    for family in discover().values():
        of = family.assessment
        if of is not None and event.get("type") == "track" and event.get("name") == of.tracked:
            return of.event_type, str(_object(event.get("properties")).get(of.id_property) or event["message_id"])
    return None


def _place(object_: Object) -> str:
    return place_of(object_.bucket.role, object_.version.key)


def _records(object_: Object, scratch: Path, subject: Subject) -> list[Any]:
    file = scratch / "file"
    if object_.bucket.fetch(object_.version, file) is None:
        return []
    return list(held(file, object_.version.key, subject))


def _emails(record: Any) -> Iterator[str]:
    """Of a row of `customers`, a member, an event (JSON columns as text) or a refused event (as it was sent)."""
    for holder in (record, record.get("message")):
        if not isinstance(holder, dict):
            continue
        traits, context = _object(holder.get("traits")), _object(holder.get("context"))
        for place in (holder, traits, _object(context.get("traits"))):
            if isinstance(email := place.get("email"), str):
                yield email


def _visitors(record: Any) -> Iterator[str]:
    for holder in (record, record.get("message")):
        if isinstance(holder, dict):
            previous = _object(holder.get("traits")).get("previousId")
            for value in (holder.get("anonymous_id"), holder.get("anonymousId"), previous):
                if isinstance(value, str) and value:
                    yield value


def _object(value: Any) -> dict[str, Any]:
    """A JSON object, given as one or as its text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _shared(object_: Object, scratch: Path, customer_id: str, visitors: frozenset[str]) -> set[str]:
    """Which of the visitors were seen with somebody else in this partition."""
    file = scratch / "file"
    if object_.bucket.fetch(object_.version, file) is None:
        return set()
    rows = pq.read_table(pa.BufferReader(file.read_bytes()), columns=["customer_id", "anonymous_id"])
    others = pc.fill_null(pc.not_equal(rows.column("customer_id"), customer_id), False)
    theirs = pc.is_in(rows.column("anonymous_id"), value_set=pa.array(sorted(visitors), pa.string()))
    both = np.logical_and(others.to_numpy(), theirs.to_numpy())
    return set(rows.column("anonymous_id").filter(pa.array(both)).to_pylist())
