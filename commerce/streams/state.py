"""The online form's state of one entity: sums by bucket, the newest events, and labels by the day they became known.

Bounded: at most `Tier.kept` buckets in each tier that the entity's features use, `RECENTS` events, and `DAY.kept` days
of labels, which for the entities of fraud is 12.3 KB at most
(`python -m benchmarks fraud-serving`). Adding is commutative: states that saw the same
events in another order are equal, as long as no event is older than what is kept.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic_core import from_json, to_json

from commerce.streams.declaration import RECENTS, Features
from commerce.streams.observation import Counted, Label
from commerce.streams.windows import DAY, TIERS, Tier

Buckets = dict[int, list[int]]
Recent = tuple[int, str, list[str | None]]
"""(time, id, hashes of the remembered columns)."""


@dataclass(slots=True)
class EntityState:
    """Of one entity. `tiers` maps a tier's name to its buckets; `recents` is ordered, the oldest first."""

    tiers: dict[str, Buckets] = field(default_factory=dict)
    recents: list[Recent] = field(default_factory=list)
    frauds: dict[int, int] = field(default_factory=dict)
    newest: int = 0
    """Time of the newest thing that was added, by which old buckets are dropped."""

    def add(self, of: Features, event: Counted) -> None:
        """Count an event."""
        self._sum(of, event, 1)
        if of.remembers:
            entry = (event.at, event.id, [event.values.get(column) for column in of.remembered])
            insort(self.recents, entry, key=_order)
            del self.recents[:-RECENTS]
        self._passed(event.at)

    def remove(self, of: Features, event: Counted) -> None:
        """Take back an event that was added, because it is told differently now.

        One that the newest events had pushed out is not remembered again, and what was dropped stays dropped.
        """
        self._sum(of, event, -1)
        self.recents = [recent for recent in self.recents if recent[:2] != (event.at, event.id)]

    def label(self, label: Label, sign: int = 1) -> None:
        """Count a label, or with -1 take it back. One of no fraud counts nothing."""
        day = DAY.bucket(label.at)
        if not label.fraud or (sign < 0 and day not in self.frauds):
            return
        self.frauds[day] = self.frauds.get(day, 0) + sign
        if not self.frauds[day]:
            del self.frauds[day]
        self._passed(label.at)

    @property
    def expires(self) -> int:
        """Seconds since 1970 from which on nothing in it is in any window."""
        return (DAY.bucket(self.newest) + DAY.kept + 1) * DAY.seconds

    def text(self) -> str:
        """As JSON."""
        tiers = {name: buckets for name, buckets in self.tiers.items() if buckets}
        document: dict[str, Any] = {"n": self.newest, "t": tiers}
        if self.recents:
            document["r"] = self.recents
        if self.frauds:
            document["f"] = self.frauds
        return to_json(document).decode()

    def copy(self) -> EntityState:
        """Another that can be added to without changing this one."""
        tiers = {name: dict(buckets) for name, buckets in self.tiers.items()}
        return EntityState(tiers, list(self.recents), dict(self.frauds), self.newest)

    @classmethod
    def of(cls, text: str) -> Self:
        """From what `text` gave."""
        document = from_json(text)
        return cls(
            tiers={name: {int(b): v for b, v in buckets.items()} for name, buckets in document["t"].items()},
            recents=[(at, id_, values) for at, id_, values in document.get("r", [])],
            frauds={int(day): count for day, count in document.get("f", {}).items()},
            newest=document["n"],
        )

    def _sum(self, of: Features, event: Counted, sign: int) -> None:
        vector = event.vector(of)
        for tier in of.tiers:
            buckets = self.tiers.setdefault(tier.name, {})
            bucket = tier.bucket(event.at)
            gone = bucket not in buckets if sign < 0 else bucket <= tier.bucket(self.newest) - tier.kept
            if gone:
                continue
            held = buckets.get(bucket) or [0] * len(vector)
            buckets[bucket] = [a + sign * b for a, b in zip(held, vector, strict=True)]
            if not buckets[bucket][0]:
                del buckets[bucket]

    def _passed(self, at: int) -> None:
        """Drop what the newest time pushes out of every window."""
        self.newest = max(self.newest, at)
        for tier in TIERS:
            if tier.name in self.tiers:
                _drop(self.tiers[tier.name], tier, self.newest)
        _drop(self.frauds, DAY, self.newest)


def _order(recent: Recent) -> tuple[int, str]:
    return recent[0], recent[1]


def _drop(buckets: dict[int, Any], tier: Tier, newest: int) -> None:
    oldest = tier.bucket(newest) - tier.kept
    if buckets and min(buckets) <= oldest:
        for bucket in [bucket for bucket in buckets if bucket <= oldest]:
            del buckets[bucket]
