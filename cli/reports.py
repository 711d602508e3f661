"""A report on a family that decides, in words: the same on the terminal and on the demo's page."""

from __future__ import annotations

from commerce.assessments.monitoring import AssessmentMonitoring, AtCapacity, Estimate, Performance, Shift

UNKNOWN = "not known"
Rows = list[tuple[str, str]]


def rows(report: AssessmentMonitoring) -> Rows:
    """(what, how much) of volumes, performance and losses."""
    return [*_volumes(report), *_performance(report.performance), *_losses(report)]


def versions(report: AssessmentMonitoring) -> list[tuple[str, ...]]:
    """(version, decisions, AUC, precision and recall at its part of the capacity) of each version."""
    return [
        (
            of.version or "–",
            f"{of.decisions:,}",
            UNKNOWN if of.auc is None else f"{of.auc:.3f}",
            _estimate(of.at_capacity.precision if of.at_capacity else None),
            _estimate(of.at_capacity.recall if of.at_capacity else None),
        )
        for of in report.versions
    ]


def shifts(report: AssessmentMonitoring) -> list[Shift]:
    """The score's change and those of the features that changed most."""
    drift = report.drift
    return [*([drift.score] if drift and drift.score else []), *(drift.features if drift else [])]


def mature(report: AssessmentMonitoring) -> str:
    """Which decisions are judged, in a sentence."""
    span = f"{report.mature_from} to {report.mature_until}"
    if report.performance is None:
        return f"no decision is on an event of {span}, the days whose labels are in: nothing can be judged yet"
    unknown = report.performance.unknown
    left_out = f"; {unknown:,} that were blocked without a verdict are left out, as nobody knows" if unknown else ""
    return f"judged on {report.performance.decisions:,} decisions on events of {span}, whose labels are in{left_out}"


def _volumes(report: AssessmentMonitoring) -> Rows:
    days = report.volumes
    reviewed, blocked = sum(day.reviewed for day in days), sum(day.blocked for day in days)
    return [
        ("days", f"{len(days)}"),
        ("decisions", f"{sum(day.decisions for day in days):,}"),
        ("by rules alone", f"{sum(day.by_rules for day in days):,}"),
        ("reviewed", f"{reviewed:,}: {_money(sum(day.amount_reviewed for day in days))}"),
        ("blocked", f"{blocked:,}: {_money(sum(day.amount_blocked for day in days))}"),
    ]


def _performance(of: Performance | None) -> Rows:
    if of is None:
        return []
    at = of.at_capacity
    return [
        ("frauds known", f"{of.frauds:,}"),
        ("precision of what was stopped", _share(of.precision)),
        ("recall", f"{_share(of.recall)}, by amount {_share(of.recall_by_amount)}"),
        *(_at_capacity(at) if at else []),
    ]


def _at_capacity(of: AtCapacity) -> Rows:
    capacity = f"at {of.per_day:,} reviews a day"
    return [
        (f"precision {capacity}", f"{_estimate(of.precision)}, promised {_share(of.promised_precision)}"),
        (f"recall {capacity}", f"{_estimate(of.recall)}, promised {_share(of.promised_recall)}"),
    ]


def _losses(report: AssessmentMonitoring) -> Rows:
    of = report.losses
    if of is None:
        return []
    good = f"{of.good_reviewed:,} reviewed, {of.good_blocked:,} blocked"
    return [
        ("cost of false positives", f"{_money(of.false_positive_cost)} ({good})"),
        ("losses averted", _money(of.averted)),
        ("losses let through", _money(of.lost)),
        ("saved", _money(of.saved)),
    ]


def _estimate(of: Estimate | None) -> str:
    if of is None:
        return UNKNOWN
    return _share(of.value) + (f" ({of.interval.low:.1%} to {of.interval.high:.1%})" if of.interval else "")


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1%}"


def _money(amount: float) -> str:
    return f"{amount:,.0f}"
