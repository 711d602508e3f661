"""Judges a candidate: `{"run"}` → `{"accepted", "reasons"}`. A rejected candidate is a normal outcome."""

from __future__ import annotations

from typing import Any

from commerce.evaluation import Evaluation, judge
from commerce.families import family
from functions.common import objects, telemetry
from functions.common.plan import Run

log = telemetry.logger("judge")


class ForeignEvaluationError(Exception):
    """The evaluation that was found is of another run."""


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    run = Run.model_validate(event["run"])
    evaluation = Evaluation.model_validate_json(objects.read(run.keys.evaluation))
    if (evaluation.family, evaluation.as_of) != (run.family, run.as_of):
        raise ForeignEvaluationError(
            f"the evaluation is of {evaluation.family} as of {evaluation.as_of}, "
            f"the run of {run.family} as of {run.as_of}"
        )
    verdict = judge(family(run.family).gates, evaluation)
    log.info("judged", run_id=run.run_id, accepted=verdict.accepted, reasons=verdict.reasons)
    return verdict.model_dump()
