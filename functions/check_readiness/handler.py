"""Reads the run's audit: `{"run"}` → `{"ready", "reasons"}`."""

from __future__ import annotations

from typing import Any

from commerce.readiness import Readiness
from functions.common import objects, telemetry
from functions.common.plan import Run

MAX_REASONS = 20
"""The state of an execution holds 256 KB; an audit may find more than anyone reads in a report."""

log = telemetry.logger("check_readiness")


class ForeignReadinessError(Exception):
    """The audit that was found is of another run."""


def verdict(readiness: Readiness, run: Run) -> dict[str, Any]:
    """Ready or not, with what stands in the way. Raises `ForeignReadinessError`."""
    if (readiness.family, readiness.as_of) != (run.family, run.as_of):
        raise ForeignReadinessError(
            f"the audit is of {readiness.family} as of {readiness.as_of}, the run of {run.family} as of {run.as_of}"
        )
    reasons = [f"{f.table}: {f.message}" + (f" ({f.advice})" if f.advice else "") for f in readiness.errors]
    more = len(reasons) - MAX_REASONS
    return {
        "ready": readiness.ready,
        "reasons": reasons[:MAX_REASONS] + ([f"and {more} more in {run.uris.readiness}"] if more > 0 else []),
    }


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    run = Run.model_validate(event["run"])
    result = verdict(Readiness.model_validate_json(objects.read(run.keys.readiness)), run)
    log.info("audited", run_id=run.run_id, ready=result["ready"], findings=len(result["reasons"]))
    return result
