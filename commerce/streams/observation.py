"""What is counted: an event with its entities and measures, and what becomes known of it later."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from commerce.streams.declaration import Entity, Features, Streams


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of an event, since when (microseconds)."""

    fraud: bool
    at: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event as both forms count it.

    `columns` holds the entities' and remembered columns, None where the event lacks one; `measures` whole numbers.
    """

    id: str
    at: int
    columns: Mapping[str, str | None]
    measures: Mapping[str, int] = field(default_factory=dict)

    def key(self, entity: Entity) -> str | None:
        """The entity's key, None where the event lacks one of its columns."""
        values = [self.columns.get(column) for column in entity.columns]
        known = [value for value in values if value is not None]
        return digest("\x1f".join(known)) if len(known) == len(values) else None

    def counted(self, streams: Streams) -> Counted:
        """What the states of its entities take of it."""
        keys: dict[str, str] = {}
        for each in streams.features:
            if (key := self.key(each.entity)) is not None:
                keys[each.entity.name] = key
        values = {c: digest(v) for c in streams.columns if (v := self.columns.get(c)) is not None}
        return Counted(self.id, self.at, keys, values, {m: self.measures.get(m, 0) for m in streams.measures})


@dataclass(frozen=True, slots=True)
class Counted:
    """An event without its values: whose states it counts in (entity → key), hashes of its columns, its measures."""

    id: str
    at: int
    keys: Mapping[str, str]
    values: Mapping[str, str]
    measures: Mapping[str, int]

    def vector(self, of: Features) -> list[int]:
        """What a bucket of the entity's state adds: one event, its measures, the squares."""
        return [
            1,
            *(self.measures.get(m, 0) for m in of.measures),
            *(self.measures.get(m, 0) ** 2 for m in of.squared),
        ]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "at": self.at,
            "keys": dict(self.keys),
            "values": dict(self.values),
            "measures": dict(self.measures),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """From what `document` gave."""
        return cls(document["id"], document["at"], document["keys"], document["values"], document["measures"])


def digest(text: str) -> str:
    """Twelve characters in which a value is told from others and cannot be read (BLAKE2b, 72 bits)."""
    return base64.urlsafe_b64encode(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).digest()
    ).decode()
