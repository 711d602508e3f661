"""Publishes a family's report: `{"run", "input"}` → `{"findings", "retrain"}`.

`findings` are those of the report in words, `retrain` the execution that was started, else null. Repeating it keeps the
same report, and starts no second retraining.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from commerce.families import family
from commerce.monitoring import KINDS, Monitoring, key
from functions.common import objects, telemetry
from functions.common.plan import Run
from functions.publish_monitoring.retraining import retrain

MOST_FINDINGS = 20
MOST_CHARACTERS = 500
"""Of each, in the state of the workflow."""

log = telemetry.logger("publish_monitoring")
metrics = telemetry.metrics("publish_monitoring")


class ForeignReportError(Exception):
    """The report that was found is of another run, or of a family that has none."""


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    run = Run.model_validate(event["run"])
    content = objects.read(run.keys.monitoring)
    report = _report(run, content)
    started = None
    if _keep(report, content):
        _measure(report)
        started = retrain(report, event["input"]) if report.reasons else None
    log.info("published", run_id=run.run_id, findings=[found.kind for found in report.findings], retrain=started)
    found = [finding.message[:MOST_CHARACTERS] for finding in report.findings]
    return {"findings": found[:MOST_FINDINGS], "retrain": started}


def _report(run: Run, content: bytes) -> Monitoring:
    shape = family(run.family).monitoring
    if shape is None:
        raise ForeignReportError(f"family {run.family} has no report: monitor one that decides on events")
    report = shape.model_validate_json(content)
    if (report.family, report.as_of) != (run.family, run.as_of):
        raise ForeignReportError(
            f"the report is of {report.family} as of {report.as_of}, the run of {run.family} as of {run.as_of}"
        )
    return report


def _keep(report: Monitoring, content: bytes) -> bool:
    """As the report of its day; and as the latest, unless there is a later one. Whether it is the latest.

    A report on a day of the past can be looked at, and moves nothing.
    """
    objects.write(key(report.family, report.as_of), content)
    latest = key(report.family)
    try:
        newest = Monitoring.model_validate_json(objects.read(latest)).as_of
    except objects.MissingObjectError:
        newest = report.as_of
    if newest > report.as_of:
        return False
    objects.write(latest, content)
    return True


def _measure(report: Monitoring) -> None:
    """Figures, how many findings of each kind there are, and that there is a report: what alarms watch."""
    metrics.add_dimension("family", report.family)
    metrics.add_metric("Reports", MetricUnit.Count, 1)
    for name, value in report.figures.items():
        metrics.add_metric(name, MetricUnit.NoUnit, value)
    for kind in KINDS:
        number = sum(finding.kind == kind for finding in report.findings)
        metrics.add_metric(f"{kind.title()}Findings", MetricUnit.Count, number)
