"""Decides a run from the execution's own name and start, so that planning again decides the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from commerce import runs
from commerce.family import Family, Resources
from functions.common.plan import Canary, Jobs, JobSize, Keys, Run, Spark, Uris
from functions.common.releases import Pointer

START_SECONDS = 1800
"""SageMaker may take this long to find a machine and pull the image before a job's own clock starts."""
JOB_NAME = 63
ATTEMPT = 9
"""The hyphen and eight characters that the workflow adds to a job's name at each attempt."""
ENVIRONMENT_VALUE = 256
"""Longest value of a processing job's environment variable."""
_NAME = re.compile(r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$")


class Request(BaseModel):
    """Input of the workflow."""

    model_config = ConfigDict(extra="forbid")

    family: str
    as_of: date | None = Field(default=None, description="learn from what happened before this day; else today, UTC")
    parameters: dict[str, Any] = Field(default_factory=dict, description="over the shop's settings, for this run only")


class Places(BaseModel):
    """Where the environment keeps things and what it is called."""

    environment: str
    lake_bucket: str
    models_bucket: str
    engine: Literal["duckdb", "spark"]
    canary: Canary = Canary()


class PlanError(Exception):
    """The run cannot be planned; the message says what to change."""


def plan(
    request: Request,
    family: Family,
    parameters: BaseModel,
    places: Places,
    pointer: Pointer | None,
    *,
    upstream: Mapping[str, Pointer] | None = None,
    resources: Resources,
    execution: str,
    started_at: datetime,
) -> Run:
    """The run of `execution`, which began at `started_at` (UTC). Raises `PlanError`.

    `upstream` are the pointers of the families in `Family.upstream`, of those that were released.
    """
    as_of = request.as_of or started_at.date()
    if as_of > started_at.date():
        raise PlanError(f"as_of {as_of} is in the future; leave it out for today or name a day that is over")
    run = runs.Run(family.name, runs.run_id(as_of, execution))
    chosen = _for_job(parameters.model_dump(mode="json", exclude_defaults=True))
    environment = {
        "SHOPKEEPER_FAMILY": family.name,
        "SHOPKEEPER_AS_OF": as_of.isoformat(),
        "SHOPKEEPER_PARAMETERS": chosen,
        "SHOPKEEPER_LAKE": f"s3://{places.lake_bucket}/lake",
        "SHOPKEEPER_RAW": f"s3://{places.lake_bucket}/raw/events",
        "SHOPKEEPER_ENGINE": places.engine,
    }
    if family.upstream:
        # For the audit to say which is missing, whatever else is.
        environment["SHOPKEEPER_UPSTREAM"] = _for_job(
            {name: _scores(places, _artifact(found)) for name, found in (upstream or {}).items()}
        )
    base = f"s3://{places.models_bucket}/{run.prefix}"
    uris = Uris(**{name: f"{base}/{name}" for name in Uris.model_fields})
    processing = _size(resources.processing_instance, resources)
    champion = None if pointer is None else pointer.release.champion
    return Run(
        family=family.name,
        run_id=run.run_id,
        as_of=as_of,
        mode=family.mode,
        publishes=family.publishes,
        engine=places.engine,
        environment=environment,
        hyperparameters={"family": family.name, "as_of": as_of.isoformat(), "parameters": chosen},
        uris=uris,
        keys=Keys(
            readiness=run.key(runs.READINESS),
            evaluation=run.key(runs.EVALUATION),
            golden=run.key(runs.GOLDEN),
            manifest=run.key(runs.SCORES_MANIFEST),
            monitoring=run.key(runs.MONITORING),
        ),
        jobs=Jobs(**{step: _job_name(places.environment, run, step) for step in Jobs.model_fields}),
        processing=processing,
        training=_size(resources.training_instance, resources),
        spark=Spark(
            environment=environment | {"SHOPKEEPER_OUTPUT": base},
            timeout_minutes=-(-processing.max_runtime_seconds // 60),
        ),
        canary=places.canary,
        champion=champion,
        evaluation={"inputs": _evaluation_inputs(uris, pointer, champion)},
    )


def _size(instance: str, resources: Resources) -> JobSize:
    runtime = resources.max_runtime_seconds
    return JobSize(
        instance_type=instance,
        volume_gb=resources.volume_gb,
        max_runtime_seconds=runtime,
        task_timeout_seconds=runtime + START_SECONDS,
    )


def _job_name(environment: str, run: runs.Run, step: str) -> str:
    name = runs.job_name(environment, run.family, step, run.run_id)
    if len(name) + ATTEMPT > JOB_NAME or not _NAME.match(name):
        raise PlanError(f"{name!r} cannot name a job: at most {JOB_NAME - ATTEMPT} letters, digits and single hyphens")
    return name


def _evaluation_inputs(uris: Uris, pointer: Pointer | None, champion: str | None) -> list[dict[str, Any]]:
    inputs = [_input("features", uris.features)]
    if champion is not None:
        inputs.append(_input("champion", _artifact(cast(Pointer, pointer))))
    return inputs


def _artifact(pointer: Pointer) -> str:
    """Where the champion's artifact is."""
    champion = pointer.release.champion
    artifact = pointer.artifacts.get(champion or "")
    if artifact is None:
        raise PlanError(
            f"the release of {pointer.release.family} names version {champion} without its artifact: release that "
            "version again"
        )
    return artifact


def _scores(places: Places, artifact: str) -> str:
    """Folder of what the run of a version published."""
    manifest = runs.Run.of_artifact(artifact).key(runs.SCORES_MANIFEST)
    return f"s3://{places.models_bucket}/{manifest.rpartition('/')[0]}"


def _for_job(value: dict[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":"))
    if len(text) > ENVIRONMENT_VALUE:
        raise PlanError(f"{text[:60]}… takes {len(text)} characters as JSON; a job can be given {ENVIRONMENT_VALUE}")
    return text


def _input(name: str, uri: str) -> dict[str, Any]:
    source = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{name}", "S3DataType": "S3Prefix"}
    modes = {"S3InputMode": "File", "S3DataDistributionType": "FullyReplicated"}
    return {"InputName": name, "S3Input": source | modes}
