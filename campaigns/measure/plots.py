"""Coordinates of the page's plots, drawn as SVG by its template. Plots are narrow, so that a phone shows them whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.measure.effects import ALL
from commerce.campaigns.result import CampaignResult, Effect

WIDTH = 340
AXIS = 58
"""Where the axis of looks begins, right of its labels."""
_MARGIN = 14
_ROW = 44
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Interval:
    """One estimate with its interval, in the plot's coordinates; `at` is its place on the other axis."""

    label: str
    told: str
    at: float
    low: float
    middle: float
    high: float
    shown: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """Intervals over an axis of effects, where `zero` is no effect."""

    height: int
    zero: float
    ticks: list[Tick]
    intervals: list[Interval]
    later: list[Tick]
    """Looks still to come."""


def arm_name(arm: str) -> str:
    """`all` in words."""
    return "every letter" if arm == ALL else arm


def forest(effects: Sequence[Effect]) -> Plot:
    """One metric's effects under one another, in percent of the holdout's mean where that can be, else in its unit."""
    relative = all(e.relative_low is not None and e.relative_high is not None for e in effects)
    values = [_values(effect, relative) for effect in effects]
    percent = relative or effects[0].metric == "conversion"
    low, high = _range([value for triple in values for value in triple])
    span = WIDTH - 2 * _MARGIN

    def place(value: float) -> float:
        return _MARGIN + span * (value - low) / (high - low)

    intervals = [
        Interval(
            label=arm_name(effect.arm),
            told=f"{_text(v[1], percent)} ({_text(v[0], percent)} to {_text(v[2], percent)})",
            at=30 + _ROW * row,
            low=place(v[0]),
            middle=place(v[1]),
            high=place(v[2]),
            shown=effect.significant,
        )
        for row, (effect, v) in enumerate(zip(effects, values, strict=True))
    ]
    ticks = _ticks(low, high, place, percent)
    return Plot(_ROW * len(effects) + 34, place(0.0), ticks, intervals, [])


def history(result: CampaignResult, looks: Sequence[datetime]) -> Plot:
    """The verdict's effect at each look so far, each interval at its look's own bound; later looks as marks."""
    percent = result.metric == "conversion"
    low, high = _range([value for p in result.history for value in (p.low, p.difference, p.high)])
    height, bottom = 230, 34

    def place(value: float) -> float:
        return 10 + (height - bottom - 10) * (high - value) / (high - low)

    step = (WIDTH - AXIS - 6) / len(looks)
    across = [AXIS + step * (number + 0.5) for number in range(len(looks))]
    intervals = [
        Interval(
            label=f"{point.at:%b %d}",
            told=f"look {point.number}: {_text(point.difference, percent)} ({_text(point.low, percent)} to "
            f"{_text(point.high, percent)}), interval of {level(point.level)}",
            at=across[point.number - 1],
            low=place(point.low),
            middle=place(point.difference),
            high=place(point.high),
            shown=not point.low <= 0 <= point.high,
        )
        for point in result.history
    ]
    later = [Tick(across[i], f"{looks[i]:%b %d}") for i in range(len(result.history), len(looks))]
    ticks = _ticks(low, high, place, percent)
    return Plot(height, place(0.0), ticks, intervals, later)


def level(value: float) -> str:
    """An interval's level with as many digits as tell it from 100 %."""
    digits = max(math.ceil(-math.log10(max(1 - value, 1e-12))) - 1, 0)
    return f"{100 * value:.{digits}f} %"


def _values(effect: Effect, relative: bool) -> tuple[float, float, float]:
    if relative:
        return effect.relative_low or 0.0, effect.relative or 0.0, effect.relative_high or 0.0
    return effect.low, effect.difference, effect.high


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Around the values and 0, with some air; never of no extent."""
    low, high = min(*values, 0.0), max(*values, 0.0)
    air = 0.06 * (high - low) or 1.0
    return low - air, high + air


def _ticks(low: float, high: float, place: Callable[[float], float], percent: bool) -> list[Tick]:
    """About `_TICKS` round numbers from `low` to `high`, with the digits that their step needs."""
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= raw)
    digits = max(0, -math.floor(math.log10(step * (100 if percent else 1)) + 1e-9))
    numbers = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [Tick(place(step * number), _text(step * number, percent, digits)) for number in numbers]


def _text(value: float, percent: bool, digits: int | None = None) -> str:
    size = abs(value) * (100 if percent else 1)
    digits = digits if digits is not None else 0 if size >= 100 else 1 if size >= 1 else 2
    sign = "" if round(size, digits) == 0 else "+" if value > 0 else "−"
    return f"{sign}{size:,.{digits}f}{' %' if percent else ''}"
