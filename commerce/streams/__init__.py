"""Streaming features: what just happened around a card, a device, an address, declared once.

A declaration (`Streams`) says which entities an event has and which features are made of their past. It has two
forms that give the same values: the batch form in Ibis (`training/streaming`), for learning, and the online form
(`EntityState` and `features`), one item per entity in DynamoDB, for answering.

Both count in whole buckets of time. A window of n buckets is the bucket of now, as far as it has passed, and the n - 1
before it; only events before the assessed one, in the order of (time, id), are in it.
"""

from commerce.streams.declaration import Entity, Features, Streams
from commerce.streams.features import features
from commerce.streams.observation import Event, Label
from commerce.streams.state import EntityState
from commerce.streams.windows import D1, D7, D14, D28, D30, D90, H1, M10, TODAY, Tier, Window

__all__ = [
    "D1",
    "D7",
    "D14",
    "D28",
    "D30",
    "D90",
    "H1",
    "M10",
    "TODAY",
    "Entity",
    "EntityState",
    "Event",
    "Features",
    "Label",
    "Streams",
    "Tier",
    "Window",
    "features",
]
