"""How decisions are watched once labels are in, as one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli import reports
from cli.charts import watched
from commerce.assessments.monitoring import AssessmentMonitoring


def page(report: AssessmentMonitoring) -> str:
    """HTML of the report, every value escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    shifts, performance = reports.shifts(report), report.performance
    charts = [
        watched.by_day(report),
        watched.kept(performance.at_capacity) if performance and performance.at_capacity else None,
        watched.drifted(shifts) if shifts else None,
    ]
    return environment.get_template("monitoring.html.j2").render(
        m=report,
        mature=reports.mature(report),
        rows=reports.rows(report),
        shifts=shifts,
        charts=[chart.svg() for chart in charts if chart],
    )
