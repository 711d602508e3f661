"""What a monitor reports, as charts: alarms by day, what is found at the review capacity, what changed."""

from __future__ import annotations

from cli.charts.axes import Axis, Chart, Line, Mark, Tick, path
from commerce.assessments.monitoring import AssessmentMonitoring, AtCapacity, Estimate, Shift

MAJOR = 0.25
"""PSI from which a change is called major."""
_OUTCOMES = (("reviewed", "ours"), ("blocked", "accent"))
_DATES = 6
"""Of an axis, at most."""


def by_day(report: AssessmentMonitoring) -> Chart | None:
    """Decisions that were reviewed and blocked, by day; None of no day."""
    days = report.volumes
    if not days:
        return None
    values = {name: [float(getattr(day, name)) for day in days] for name, _ in _OUTCOMES}
    x = Axis.across([0.0, len(days) - 1.0])
    y = Axis.up([0.0, *(value for found in values.values() for value in found)])
    every = -(-len(days) // _DATES)
    return Chart(
        told=f"decisions reviewed and blocked on each of {len(days)} days",
        across="day",
        up="decisions",
        x_ticks=[Tick(x.at(k), f"{day.day:%d %b}") for k, day in enumerate(days) if k % every == 0],
        y_ticks=y.ticks(),
        lines=[Line(path(x, y, enumerate(values[name])), kind) for name, kind in _OUTCOMES],
        marks=[
            Mark(x.at(k), y.at(values[name][k]), kind, f"{day.day}: {values[name][k]:,.0f} {name}")
            for name, kind in _OUTCOMES
            for k, day in enumerate(days)
        ],
        key=[(kind, name) for name, kind in _OUTCOMES],
    )


def kept(of: AtCapacity) -> Chart:
    """Precision and recall at the review capacity, with intervals, beside what the probabilities promise."""
    found = [("precision", of.precision, of.promised_precision), ("recall", of.recall, of.promised_recall)]
    x, y = Axis.across([-0.5, len(found) - 0.5]), Axis.up([0.0, 1.0])
    measured = [(k, name, value) for k, (name, value, _) in enumerate(found) if value is not None]
    promised = [(k, name, value) for k, (name, _, value) in enumerate(found) if value is not None]
    return Chart(
        told=f"precision and recall, were the {of.per_day:,} most probable events of each day reviewed",
        across=f"at {of.per_day:,} reviews a day, over {of.days} days",
        up="share",
        x_ticks=[Tick(x.at(k), name) for k, (name, _, _) in enumerate(found)],
        y_ticks=y.ticks(percent=True),
        lines=[
            Line(path(x, y, [(k, value.interval.low), (k, value.interval.high)]), "ours")
            for k, _, value in measured
            if value.interval
        ],
        marks=[
            *(Mark(x.at(k), y.at(value.value), "ours", _told(name, value)) for k, name, value in measured),
            *(
                Mark(x.at(k + 0.1), y.at(value), "floor", f"{name} promised: {value:.1%}")
                for k, name, value in promised
            ),
        ],
        key=[("ours", "measured, and its interval"), ("floor", "promised by the probabilities")],
    )


def drifted(shifts: list[Shift]) -> Chart:
    """PSI of each, the most first, beside what chance stays below; on the dashed line a change is major."""
    x = Axis.across([-0.5, len(shifts) - 0.5])
    y = Axis.up([0.0, MAJOR, *(value for shift in shifts for value in (shift.psi, shift.noise))])
    return Chart(
        told="population stability index of the score and of the features that changed most",
        across="the score, then features, the most changed first",
        up="PSI",
        x_ticks=[Tick(x.at(k), f"{k + 1}") for k in range(len(shifts))],
        y_ticks=y.ticks(),
        lines=[
            Line(path(x, y, [(-0.5, MAJOR), (len(shifts) - 0.5, MAJOR)]), "ink", dashed=True),
            *(Line(path(x, y, [(k, 0.0), (k, shift.psi)]), "ours") for k, shift in enumerate(shifts)),
        ],
        marks=[
            *(Mark(x.at(k), y.at(s.psi), "ours", f"{s.name}: {s.psi:.2f}") for k, s in enumerate(shifts)),
            *(Mark(x.at(k), y.at(s.noise), "floor", f"by chance below {s.noise:.2f}") for k, s in enumerate(shifts)),
        ],
        key=[("ours", "PSI"), ("floor", "by chance below"), ("ink", "major")],
    )


def _told(name: str, of: Estimate) -> str:
    within = f", {of.interval.low:.1%} to {of.interval.high:.1%}" if of.interval else ""
    return f"{name}: {of.value:.1%}{within}"
