"""Where the `counters` table keeps what is counted: the keys of its items."""

from __future__ import annotations

from commerce.streams.declaration import Streams
from commerce.streams.observation import digest

STATE, SEEN = "state", "seen"

Pair = tuple[str, str]
"""(pk, sk)."""


def state_key(streams: Streams, entity: str, key: str) -> Pair:
    """Of an entity's state; `key` is the entity's, as `Event.key` gives it."""
    return f"stream#{streams.name}#{entity}#{key}", STATE


def record_key(streams: Streams, event_id: str) -> Pair:
    """Of what is remembered of an event."""
    return f"event#{streams.name}#{digest(event_id)}", SEEN
