"""Coordinates of the plots: contenders beside one another, and a measured effect with the simulated truth marked."""

from __future__ import annotations

from dataclasses import dataclass

from cli.campaigns import measured
from cli.report.model import CampaignReport, Comparison, Learnt
from commerce.evaluation import Gate, Interval

WIDTH = 400
_MARGIN = 24
_AIR = 0.12


@dataclass(frozen=True)
class Row:
    """One metric's interval; all places in the plot's own units."""

    title: str
    measured: str
    truth: str
    covered: bool
    low: float
    middle: float
    high: float
    true: float
    zero: float


@dataclass(frozen=True)
class Bar:
    """One contender; `length`, `low` and `high` (of its interval, 0 where there is none) are shares of the track."""

    name: str
    value: float
    interval: Interval | None
    length: float
    low: float = 0.0
    high: float = 0.0


def bars(learnt: Learnt) -> list[tuple[Gate, list[Bar]]]:
    """Per gate of the family every contender that was measured, the best first, over one track per gate."""
    groups = [(gate, _bars(learnt, gate)) for gate in learnt.family.gates]
    return [(gate, found) for gate, found in groups if found]


def rows(report: CampaignReport) -> list[Row]:
    """One per metric, each over an axis of its own that holds 0."""
    return [_row(comparison, report.result.currency) for comparison in report.comparisons]


def unit(comparison: Comparison, currency: str | None) -> str:
    """What the numbers of a difference are in."""
    return "percentage points" if comparison.effect.metric == "conversion" else f"{currency or 'money'} a household"


def _bars(learnt: Learnt, gate: Gate) -> list[Bar]:
    if learnt.evaluation is None:
        return []
    intervals = {name: found.get(gate.metric) for name, found in learnt.evaluation.intervals.items()}
    values = {name: found[gate.metric] for name, found in learnt.evaluation.metrics.items() if gate.metric in found}
    whole = max((*values.values(), *(i.high for i in intervals.values() if i)), default=0.0) or 1.0

    def bar(name: str, value: float) -> Bar:
        interval, length = intervals.get(name), max(value, 0.0) / whole
        if interval is None:
            return Bar(name, value, None, length)
        return Bar(name, value, interval, length, max(interval.low, 0.0) / whole, max(interval.high, 0.0) / whole)

    return [bar(*item) for item in sorted(values.items(), key=lambda item: item[1], reverse=gate.better == "higher")]


def _row(comparison: Comparison, currency: str | None) -> Row:
    effect, truth = comparison.effect, comparison.truth
    values = (0.0, effect.low, effect.high, truth)
    least, most = min(values), max(values)
    air = _AIR * (most - least) or 1.0

    def place(value: float) -> float:
        return _MARGIN + (WIDTH - 2 * _MARGIN) * (value - least + air) / (most - least + 2 * air)

    return Row(
        title=f"{effect.metric}, {unit(comparison, currency)}",
        measured=measured.interval(effect),
        truth=measured.change(effect.metric, truth),
        covered=comparison.covered,
        low=place(effect.low),
        middle=place(effect.difference),
        high=place(effect.high),
        true=place(truth),
        zero=place(0.0),
    )
