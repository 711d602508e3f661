"""A chart in its own coordinates: lines, bands, marks and ticks that a template draws, narrow enough for a phone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

WIDTH, HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 22, 12, 44
_TICKS = 4

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high`, placed between two coordinates."""

    low: float
    high: float
    start: float
    end: float

    @staticmethod
    def across(values: Iterable[float]) -> Axis:
        """From left to right over these values."""
        return Axis(*_span(values), _LEFT, WIDTH - _RIGHT)

    @staticmethod
    def up(values: Iterable[float]) -> Axis:
        """From the bottom upwards over these values."""
        return Axis(*_span(values), HEIGHT - _BOTTOM, _TOP)

    def at(self, value: float) -> float:
        """The coordinate of a value."""
        return round(self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low), 1)

    def ticks(self, percent: bool = False) -> list[Tick]:
        """About `_TICKS` round numbers, with the digits that their step needs."""
        raw = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(times * power for times in (1, 2, 5, 10) if times * power >= raw * 0.999)
        digits = max(0, -math.floor(math.log10(step * (100 if percent else 1)) + 1e-9))
        numbers = range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1)
        return [
            Tick(self.at(step * n), f"{step * n * (100 if percent else 1):,.{digits}f}{' %' if percent else ''}")
            for n in numbers
        ]


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """`points` as SVG has them; `kind` is `ours`, `floor` or `ink`."""

    points: str
    kind: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot with its words, which a pointer shows."""

    x: float
    y: float
    kind: str
    told: str


@dataclass(frozen=True)
class Chart:
    """What the template draws. `told` says in words what is seen, for those who cannot see it."""

    told: str
    across: str
    up: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    lines: Sequence[Line] = ()
    bands: Sequence[str] = ()
    marks: Sequence[Mark] = ()
    key: Sequence[tuple[str, str]] = field(default=())
    """(kind, words) of each line."""

    def svg(self) -> str:
        """The chart as one SVG element. Every text is escaped."""
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
        )
        return environment.get_template("chart.svg.j2").render(
            c=self, width=WIDTH, height=HEIGHT, left=_LEFT, right=WIDTH - _RIGHT, top=_TOP, bottom=HEIGHT - _BOTTOM
        )


def path(x: Axis, y: Axis, points: Iterable[Point]) -> str:
    """Points of a line."""
    return " ".join(f"{x.at(a)},{y.at(b)}" for a, b in points)


def _span(values: Iterable[float]) -> tuple[float, float]:
    """From the least to the most; never of no extent."""
    found = list(values)
    low, high = min(found), max(found)
    return (low, high) if high > low else (low, low + 1)
