"""Reports on families that are live."""

from __future__ import annotations

from commerce.assessments.monitoring import AssessmentMonitoring
from commerce.families import discover
from functions.openapi.parts import Json, Section, answer, error, operation, path, query

TAG = "monitoring"
_FAMILY = path(
    "family",
    "that is monitored",
    {"type": "string", "enum": [name for name, spec in discover().items() if spec.monitoring]},
)
_DAY = query("date", "the day of the report; the latest where it is left out", {"type": "string", "format": "date"})


def section() -> Section:
    """What the monitor keeps every day."""
    return Section(
        TAG,
        "what live families decided, how right that was once labels were in, what it cost, and what changed",
        {"/v1/monitoring/{family}": {"get": _get()}},
    )


def _get() -> Json:
    return operation(
        TAG,
        "getMonitoring",
        "A family's report.",
        parameters=[_FAMILY, _DAY],
        answers={
            "200": answer("the report", AssessmentMonitoring),
            "400": error("the date is none"),
            "404": error("no such family, or no report of that day"),
        },
    )
