"""Registers a candidate: `{"run", "model_uri", "verdict"}` → `{"version", "arn"}`.

Describe or create: a package that the same run registered before is found by its description and given again.
"""

from __future__ import annotations

import hashlib
from typing import Any

from commerce.evaluation import Verdict
from commerce.families import family
from functions.common import registry, telemetry
from functions.common.aws import client
from functions.common.environment import setting
from functions.common.plan import Run

CONTENT_TYPE = "application/json"

log = telemetry.logger("register")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    run = Run.model_validate(event["run"])
    verdict = Verdict.model_validate(event["verdict"])
    sagemaker = client("sagemaker")
    group = registry.group(family(run.family))
    arn = registered(sagemaker, group, description(run)) or create(sagemaker, group, run, event["model_uri"], verdict)
    log.info("registered", run_id=run.run_id, version=registry.version(arn), accepted=verdict.accepted)
    return {"version": registry.version(arn), "arn": arn}


def description(run: Run) -> str:
    """What a package says of itself in listings: which run made it."""
    return f"run {run.run_id} of {run.family} as of {run.as_of}"


def registered(sagemaker: Any, group: str, wanted: str) -> str | None:
    """ARN of the package of that description, if there is one."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        for summary in page["ModelPackageSummaryList"]:
            if summary.get("ModelPackageDescription") == wanted:
                return summary["ModelPackageArn"]
    return None


def create(sagemaker: Any, group: str, run: Run, model_uri: str, verdict: Verdict) -> str:
    """Register the model. The client token makes two attempts at the same time one package."""
    token = hashlib.sha256(f"{group}/{run.run_id}".encode()).hexdigest()[:32]
    package = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelPackageDescription=description(run),
        ModelApprovalStatus=registry.APPROVED if verdict.accepted else registry.REJECTED,
        InferenceSpecification={
            "Containers": [{"Image": setting("MODEL_IMAGE"), "ModelDataUrl": model_uri}],
            "SupportedContentTypes": [CONTENT_TYPE],
            "SupportedResponseMIMETypes": [CONTENT_TYPE],
        },
        CustomerMetadataProperties={
            "family": run.family,
            "run_id": run.run_id,
            "as_of": run.as_of.isoformat(),
            "evaluation": f"{run.uris.evaluation}/evaluation.json",
        },
        ClientToken=token,
    )
    return package["ModelPackageArn"]
