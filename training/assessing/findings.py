"""What of a report somebody should hear of. Small numbers raise no alarm: each finding needs enough to go by."""

from __future__ import annotations

from collections.abc import Iterator

from commerce.assessments.monitoring import Drift, Estimate, Losses, Performance
from commerce.monitoring import Finding

KEPT = 0.5
"""Of what the probabilities promise, which evaluation found calibrated, this much has to come true."""
LEAST_PROMISED = 10
"""Frauds promised among the events chosen; of fewer, half may fail to come by chance."""
LEAST_STOPPED = 30
"""Events stopped, with a known outcome, before their cost is judged."""
DRIFTED = 0.1
"""Share of features that changed much. One alone is told but raises no alarm: of a hundred some follow the season."""


def findings(performance: Performance | None, losses: Losses | None, drift: Drift | None) -> list[Finding]:
    """In words; none where there is too little to go by."""
    return [*_performance(performance), *_cost(performance, losses), *_drift(drift)]


def _performance(of: Performance | None) -> Iterator[Finding]:
    at = of.at_capacity if of else None
    if at is None or at.promised_frauds < LEAST_PROMISED:
        return
    chosen = f"the {at.chosen:,} most probable events of {at.days} days"
    if _fell_short(at.precision, at.promised_precision):
        found = f"{at.precision.value:.1%} of {chosen} were fraud; the model promised {at.promised_precision:.1%}"
        yield Finding(kind="precision", message=found, retrain=True)
    if at.recall and at.promised_recall and _fell_short(at.recall, at.promised_recall):
        found = f"{at.recall.value:.1%} of frauds are among {chosen}; the model promised {at.promised_recall:.1%}"
        yield Finding(kind="recall", message=found, retrain=True)


def _fell_short(of: Estimate, promised: float) -> bool:
    """Whether all of the interval lies below the share of what was promised."""
    return of.interval is not None and of.interval.high < KEPT * promised


def _cost(performance: Performance | None, of: Losses | None) -> Iterator[Finding]:
    if performance is None or of is None or performance.stopped < LEAST_STOPPED:
        return
    if of.false_positive_cost > of.averted:
        found = (
            f"stopping good events cost {of.false_positive_cost:,.2f}, more than the {of.averted:,.2f} of losses that "
            "stopping frauds averted: look at the rules, and at the costs in the family's settings"
        )
        yield Finding(kind="cost", message=found, retrain=False)


def _drift(of: Drift | None) -> Iterator[Finding]:
    if of is None:
        return
    if of.score and of.score.level == "major":
        found = f"scores changed: {of.score.now} on average in {of.recent_days} days, {of.score.before} before"
        yield Finding(kind="drift", message=f"{found} (PSI {of.score.psi:.2f})", retrain=True)
    if of.major >= DRIFTED * of.compared:
        most = of.features[0]
        found = f"{of.major} of {of.compared} features changed much, most of all: {most.now}, and {most.before} before"
        yield Finding(kind="drift", message=f"{found} (PSI {most.psi:.2f})", retrain=True)
