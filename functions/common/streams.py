"""What is counted for streaming features, in the `counters` table: states of entities, and a record per event.

A state is one item, pk `stream#<family>#<entity>#<key>`, sk `state`. A record is one item per event, pk
`event#<family>#<hash of its id>`, sk `seen`: what of it is counted, its label, and the decision on it. An event that is
told again, or told differently, is first taken back, so that it counts once and as it is told last; a label that comes
before its event waits in the record. States and records change together, in one transaction, each under the condition
that nobody changed it meanwhile (`revision`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched
from typing import Any

from botocore.exceptions import ClientError

from commerce.streams import EntityState, Label, Streams
from commerce.streams.observation import Counted
from commerce.streams.places import SEEN, STATE, Pair, record_key, state_key
from functions.common.aws import THROTTLED
from functions.common.backoff import pause
from functions.common.dynamodb import Item, batch_get

RECORD_DAYS = 190
"""How long a record waits for what is told of its event: chargebacks come up to half a year later."""
TOGETHER = 4
"""Events of one transaction: each has a record and a dozen entities, twice as many where it is told differently, and
a transaction has at most 100 items."""
ATTEMPTS = 8
_RETRIED = THROTTLED | {"TransactionCanceledException"}


class ContendedError(Exception):
    """Some events could not be counted; counting them again is safe."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a message tells it. Of several messages of one event the one with the greatest `order` holds."""

    event: Counted
    order: str


@dataclass(frozen=True, slots=True)
class Known:
    """A label as a message tells it."""

    event_id: str
    label: Label


Observation = Told | Known
Decisions = Mapping[str, dict[str, Any]]
"""Event's id → the decision on it, as JSON."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one event."""

    told: Told | None = None
    label: Label | None = None
    decision: dict[str, Any] | None = None
    revision: int = 0


@dataclass(slots=True)
class Held:
    """States and records as they were read, and as they become."""

    states: dict[Pair, tuple[EntityState, int]] = field(default_factory=dict)
    """By key, with their revision; 0 of one that is new."""
    records: dict[Pair, Record] = field(default_factory=dict)


def keys(streams: Streams, event: Counted) -> list[Pair]:
    """Of the states that the event's features come from and that it is counted in."""
    return [state_key(streams, entity, key) for entity, key in event.keys.items()]


def held(items: Iterable[Item], now: datetime) -> Held:
    """States and records of the items of a read. DynamoDB removes what has expired within days, not at once."""
    found, seconds = Held(), now.timestamp()
    for item in items:
        if float(item.get("ttl", {}).get("N", math.inf)) <= seconds:
            # Its revision still guards the item that is there.
            blank = int(item["revision"]["N"])
            pair = (item["pk"]["S"], item["sk"]["S"])
            if pair[1] == STATE:
                found.states[pair] = (EntityState(), blank)
            elif pair[1] == SEEN:
                found.records[pair] = Record(revision=blank)
            continue
        pair = (item["pk"]["S"], item["sk"]["S"])
        if pair[1] == STATE:
            found.states[pair] = (EntityState.of(item["state"]["S"]), int(item["revision"]["N"]))
        elif pair[1] == SEEN:
            found.records[pair] = _record(item)
    return found


def observe(
    dynamodb: Any,
    table: str,
    streams: Streams,
    observations: Sequence[Observation],
    *,
    now: datetime,
    decisions: Decisions | None = None,
) -> None:
    """Count what is told. Raises `ContendedError`, or botocore's errors; repeating it is safe."""
    for group in batched(observations, TOGETHER):
        _observe(dynamodb, table, streams, group, now, decisions or {})


def read(dynamodb: Any, table: str, streams: Streams, observations: Sequence[Observation], now: datetime) -> Held:
    """What counting the observations needs, as it is now."""
    known = held(_read(dynamodb, table, {record_key(streams, _event_id(one)) for one in observations}), now)
    known.states = held(_read(dynamodb, table, wanted(streams, known.records, observations)), now).states
    return known


def transaction(
    table: str,
    streams: Streams,
    known: Held,
    observations: Sequence[Observation],
    now: datetime,
    decisions: Decisions,
) -> list[dict[str, Any]]:
    """What TransactWriteItems takes to count the observations; empty where nothing changes.

    `known` holds the records of their events, and the states of all entities these name or named. `decisions` are kept
    in the records, the first on each event.
    """
    features = {each.entity.name: each for each in streams.features}
    states, records = dict(known.states), dict(known.records)
    touched: set[Pair] = set()

    def change(event: Counted, label: Label | None, sign: int) -> None:
        for entity, key in event.keys.items():
            of, pair = features.get(entity), state_key(streams, entity, key)
            if of is None:
                continue
            state, revision = states.get(pair, (EntityState(), 0))
            if pair not in touched:
                state = state.copy()
                touched.add(pair)
            if sign > 0:
                state.add(of, event)
            else:
                state.remove(of, event)
            if label is not None and of.labelled:
                state.label(label, sign)
            states[pair] = (state, revision)

    changed: set[Pair] = set()
    for one in observations:
        event_id = _event_id(one)
        pair = record_key(streams, event_id)
        old = records.get(pair, Record())
        new = _newer(old, one)
        if event_id in decisions and new.decision is None:
            new = replace(new, decision=decisions[event_id])
        if new == old:
            continue
        if (new.told, new.label) != (old.told, old.label):
            if old.told is not None:
                change(old.told.event, old.label, -1)
            if new.told is not None:
                change(new.told.event, new.label, 1)
        records[pair] = new
        changed.add(pair)
    return [
        *(_put_record(table, pair, records[pair], now) for pair in sorted(changed)),
        *(_put_state(table, pair, *states[pair]) for pair in sorted(touched)),
    ]


def wanted(streams: Streams, records: Mapping[Pair, Record], observations: Iterable[Observation]) -> list[Pair]:
    """Keys of the states that counting the observations changes, given the records of their events."""
    events = [one.event for one in observations if isinstance(one, Told)]
    events += [record.told.event for record in records.values() if record.told is not None]
    return list(dict.fromkeys(pair for event in events for pair in keys(streams, event)))


def _observe(
    dynamodb: Any, table: str, streams: Streams, group: Sequence[Observation], now: datetime, decisions: Decisions
) -> None:
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(attempt)
        known = read(dynamodb, table, streams, group, now)
        actions = transaction(table, streams, known, group, now, decisions)
        try:
            if actions:
                dynamodb.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _RETRIED:
                raise
            if len(group) > 1:
                # One at a time an entity that many events share holds the others back less.
                for one in group:
                    _observe(dynamodb, table, streams, [one], now, decisions)
                return
        else:
            return
    raise ContendedError(f"an event could not be counted after {ATTEMPTS} attempts")


def _read(dynamodb: Any, table: str, pairs: Iterable[Pair]) -> list[Item]:
    wanted_keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in sorted(pairs)]
    return batch_get(dynamodb, table, wanted_keys, consistent=True) if wanted_keys else []


def _event_id(one: Observation) -> str:
    return one.event.id if isinstance(one, Told) else one.event_id


def _newer(old: Record, one: Observation) -> Record:
    """A label that is told later holds; of one told at the same time, the one of fraud."""
    if isinstance(one, Told):
        return replace(old, told=one) if old.told is None or one.order > old.told.order else old
    if old.label is None or (one.label.at, one.label.fraud) > (old.label.at, old.label.fraud):
        return replace(old, label=one.label)
    return old


def _record(item: Item) -> Record:
    told, label, decision = (item.get(name, {}).get("S") for name in ("told", "label", "decision"))
    return Record(
        told=Told(Counted.of(json.loads(told)), item["order"]["S"]) if told else None,
        label=Label(**json.loads(label)) if label else None,
        decision=json.loads(decision) if decision else None,
        revision=int(item["revision"]["N"]),
    )


def _put_record(table: str, pair: Pair, record: Record, now: datetime) -> dict[str, Any]:
    item = {"ttl": {"N": str(int(now.timestamp()) + RECORD_DAYS * 86400)}}
    if record.told is not None:
        item |= {"told": {"S": _json(record.told.event.document())}, "order": {"S": record.told.order}}
    if record.label is not None:
        item["label"] = {"S": _json({"fraud": record.label.fraud, "at": record.label.at})}
    if record.decision is not None:
        item["decision"] = {"S": _json(record.decision)}
    return _put(table, pair, item, record.revision)


def _put_state(table: str, pair: Pair, state: EntityState, revision: int) -> dict[str, Any]:
    return _put(table, pair, {"state": {"S": state.text()}, "ttl": {"N": str(state.expires)}}, revision)


def _put(table: str, pair: Pair, item: Item, revision: int) -> dict[str, Any]:
    item |= {"pk": {"S": pair[0]}, "sk": {"S": pair[1]}, "revision": {"N": str(revision + 1)}}
    put: dict[str, Any] = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    if revision:
        put["ConditionExpression"] = "revision = :revision"
        put["ExpressionAttributeValues"] = {":revision": {"N": str(revision)}}
    return {"Put": put}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
