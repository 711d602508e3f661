"""Coordinates of the campaign's plot: a measured interval over an axis, the simulated truth marked on it."""

from __future__ import annotations

from dataclasses import dataclass

from cli.campaigns import measured
from cli.report.model import CampaignReport, Comparison

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


def rows(report: CampaignReport) -> list[Row]:
    """One per metric, each over an axis of its own that holds 0."""
    return [_row(comparison, report.result.currency) for comparison in report.comparisons]


def unit(comparison: Comparison, currency: str | None) -> str:
    """What the numbers of a difference are in."""
    return "percentage points" if comparison.effect.metric == "conversion" else f"{currency or 'money'} a household"


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
