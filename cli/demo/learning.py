"""One family through the retrain workflow, and what the report keeps of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from cli import executions, retrain
from cli.console import fail
from cli.environment import Environment
from cli.report.model import Learnt
from commerce.evaluation import Evaluation
from commerce.family import Family
from commerce.runs import EVALUATION, Run


def learn(environment: Environment, family: Family, as_of: date, parameters: dict[str, Any]) -> Learnt:
    """Retrain as of a day, told state by state; leaves the command where the workflow itself failed."""
    ending = retrain.run(environment, executions.start(environment, family.name, as_of, parameters))
    if ending.name == "Failed":
        fail(ending.cause)
    run = Run(family.name, ending.data["run"]["run_id"])
    return Learnt(
        family=family,
        ending=ending.name,
        reasons=ending.reasons,
        seconds=ending.seconds,
        run_id=run.run_id,
        version=ending.data.get("registered", {}).get("version"),
        evaluation=None if ending.name == "NotReady" else _evaluation(environment, run),
    )


def _evaluation(environment: Environment, run: Run) -> Evaluation:
    bucket = environment.output("ModelsBucket")
    body = environment.client("s3").get_object(Bucket=bucket, Key=run.key(EVALUATION))["Body"].read()
    return Evaluation.model_validate_json(body)
