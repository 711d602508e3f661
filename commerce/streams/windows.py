"""Buckets of time and windows over them. Times are whole microseconds since 1970, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

SECOND = 1_000_000
"""In microseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tier:
    """Buckets of one length, of which an entity keeps the newest `kept`."""

    name: Literal["minute", "hour", "day"]
    seconds: int
    kept: int

    def bucket(self, at: int) -> int:
        """Number of the bucket in which that time lies."""
        return at // (self.seconds * SECOND)


MINUTE = Tier("minute", 60, 60)
HOUR = Tier("hour", 3600, 24)
DAY = Tier("day", 86400, 98)
TIERS = (MINUTE, HOUR, DAY)


@dataclass(frozen=True, slots=True)
class Window:
    """The bucket of now and the `buckets - 1` before it."""

    name: str
    tier: Tier
    buckets: int

    def __post_init__(self) -> None:
        if not 1 <= self.buckets <= self.tier.kept:
            raise ValueError(f"window {self.name}: {self.buckets} buckets, of which {self.tier.kept} are kept")

    def begin(self, at: int) -> int:
        """The time from which on it counts, at that time."""
        return (self.tier.bucket(at) - self.buckets + 1) * self.tier.seconds * SECOND


M10 = Window("10m", MINUTE, 10)
H1 = Window("1h", MINUTE, 60)
D1 = Window("1d", HOUR, 24)
TODAY = Window("today", DAY, 1)
D7 = Window("7d", DAY, 7)
D14 = Window("14d", DAY, 14)
D28 = Window("28d", DAY, 28)
D30 = Window("30d", DAY, 30)
D90 = Window("90d", DAY, 90)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware time, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)
