"""The route of reports on families that are live."""

from __future__ import annotations

from datetime import date

from cli.api import http
from cli.environment import Environment
from commerce.assessments.monitoring import AssessmentMonitoring


def report(environment: Environment, family: str, day: date | None = None) -> AssessmentMonitoring:
    """The latest report, or that of a day."""
    query = f"?date={day.isoformat()}" if day else ""
    return AssessmentMonitoring.model_validate(http.get(environment, f"/v1/monitoring/{http.segment(family)}{query}"))
