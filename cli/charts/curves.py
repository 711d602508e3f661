"""How good forecasts and decisions were: coverage by level, error by step and by level of the shop, cost by service,
frauds found by alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from cli.charts.axes import Axis, Chart, Line, Mark, Tick, path
from commerce.families.demand.nodes import NUMBERED

_LEVELS = dict(zip(NUMBERED, ("shop", "department", "store", "category", "product", "lowest", "region"), strict=True))
"""In words."""
_OTHERS = ("floor", "accent", "ink")
"""Colours of the simple policies."""

Curve = Sequence[Mapping[str, float]]
"""Points of `Evaluation.curves`."""


def coverage(points: Curve) -> Chart:
    """Share of outcomes at or below each level's quantile (`level`, `covered`); on the diagonal it is as it says."""
    x, y = Axis.across([0.0, 1.0]), Axis.up([0.0, 1.0])
    reached = [(point["level"], point["covered"]) for point in points]
    return Chart(
        told="coverage by level: the share of outcomes at or below each quantile",
        across="level of the quantile",
        up="share of outcomes below",
        x_ticks=x.ticks(percent=True),
        y_ticks=y.ticks(percent=True),
        lines=[Line(path(x, y, [(0, 0), (1, 1)]), "floor", dashed=True), Line(path(x, y, reached), "ours")],
        marks=[Mark(x.at(a), y.at(b), "ours", f"level {a:.1%}: {b:.1%} below") for a, b in reached],
        key=[("ours", "reached"), ("floor", "as it should be")],
    )


def error_by_step(points: Curve, unit: str) -> Chart:
    """Absolute error over demand (`step`, `error`), by periods ahead."""
    steps = [(point["step"], point["error"]) for point in points]
    x, y = Axis.across(step for step, _ in steps), Axis.up([0.0, *(error for _, error in steps)])
    every = -(-len(steps) // 8)
    return Chart(
        told=f"error by {unit}s ahead, as a share of demand",
        across=f"{unit}s ahead",
        up="error over demand",
        x_ticks=[Tick(x.at(step), f"{step:.0f}") for step, _ in steps[::every]],
        y_ticks=y.ticks(percent=True),
        lines=[Line(path(x, y, steps), "ours")],
        marks=[Mark(x.at(a), y.at(b), "ours", f"{unit} {a:.0f}: {b:.1%}") for a, b in steps],
    )


def error_by_level(points: Curve) -> Chart:
    """Absolute error over demand (`level`, `error`), from the whole shop to what is below all else.

    A level is told by its number in `commerce.families.demand.nodes`; points come from the shop down.
    """
    errors = [(float(k), _LEVELS[NUMBERED[int(point["level"])]], point["error"]) for k, point in enumerate(points)]
    # Half a place on either side keeps the words within the chart.
    x, y = Axis.across([-0.5, len(errors) - 0.5]), Axis.up([0.0, *(error for _, _, error in errors)])
    return Chart(
        told="error by level of the shop, as a share of demand",
        across="from the whole shop to each product, or each at each store",
        up="error over demand",
        x_ticks=[Tick(x.at(k), name) for k, name, _ in errors],
        y_ticks=y.ticks(percent=True),
        lines=[Line(path(x, y, [(k, 0.0), (k, error)]), "ours") for k, _, error in errors],
        marks=[Mark(x.at(k), y.at(error), "ours", f"{name}: {error:.1%}") for k, name, error in errors],
    )


def cost_by_service(policies: Mapping[str, Curve], ours: str, unit: str) -> Chart:
    """What each policy costs (`cost`) at the service it gives (`service`, share of demand met), one curve a policy."""
    found = {name: sorted((point["service"], point["cost"]) for point in curve) for name, curve in policies.items()}
    every = [point for curve in found.values() for point in curve]
    x, y = Axis.across(service for service, _ in every), Axis.up([0.0, *(cost for _, cost in every)])
    others = [name for name in found if name != ours]
    kinds = {ours: "ours"} | {name: _OTHERS[k % len(_OTHERS)] for k, name in enumerate(others)}
    return Chart(
        told="cost against service: further right and lower is better",
        across="share of demand met",
        up=f"cost, {unit}",
        x_ticks=x.ticks(percent=True),
        y_ticks=y.ticks(),
        lines=[Line(path(x, y, curve), kinds[name]) for name, curve in found.items()],
        marks=[
            Mark(x.at(a), y.at(b), kinds[name], f"{name}: {a:.1%} met at {b:,.3g}")
            for name, curve in found.items()
            for a, b in curve
        ],
        key=[(kinds[name], name) for name in found],
    )


def found_by_alarms(fraud: Sequence[bool], all_frauds: int) -> Chart:
    """How many frauds were found after so many alarms, in their order; on the dashed line every alarm is right."""
    found = list(accumulate(fraud, initial=0))
    points = [(float(alarms), float(frauds)) for alarms, frauds in enumerate(found)]
    most = min(len(fraud), max(all_frauds, 1))
    x, y = Axis.across([0.0, float(len(fraud))]), Axis.up([0.0, float(max(all_frauds, found[-1]))])
    return Chart(
        told=f"frauds found over alarms: {found[-1]:,} of {all_frauds:,} by {len(fraud):,} alarms",
        across="alarms, in the order of time",
        up="frauds found",
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        lines=[Line(path(x, y, [(0, 0), (most, most)]), "floor", dashed=True), Line(path(x, y, points), "ours")],
        key=[("ours", "found"), ("floor", "if every alarm were right")],
    )
