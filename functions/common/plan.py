"""The plan of one run, as the `plan` step decides it and every later state reads it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class JobSize(BaseModel):
    """What a SageMaker job runs on and how long it may. `task_timeout_seconds` leaves time for the machine to start."""

    instance_type: str
    volume_gb: int
    max_runtime_seconds: int
    task_timeout_seconds: int


class Uris(BaseModel):
    """Places of the run, s3://, without a slash at the end. `monitoring` is of runs of the workflow `monitor`."""

    readiness: str
    features: str
    model: str
    evaluation: str
    scores: str
    monitoring: str


class Keys(BaseModel):
    """Objects of the run, as keys in the models bucket."""

    readiness: str
    evaluation: str
    golden: str
    manifest: str
    monitoring: str


class Jobs(BaseModel):
    """Names of the run's jobs, without the eight characters that each attempt adds."""

    prepare: str
    train: str
    evaluate: str
    score: str
    monitor: str


class Spark(BaseModel):
    """What the prepare step needs on EMR Serverless instead."""

    environment: dict[str, str]
    timeout_minutes: int


class Canary(BaseModel):
    """How an endpoint family's new version is tried on some customers first."""

    share: float = Field(default=0.1, gt=0, lt=1, description="of the customers, who see it first")
    wait_seconds: int = Field(default=600, ge=1, description="how long its alarms are watched before everybody does")


class Run(BaseModel):
    """`run` in the state of the workflow."""

    model_config = ConfigDict(extra="forbid")

    family: str
    run_id: str
    as_of: date
    mode: Literal["table", "endpoint", "function"]
    publishes: bool = Field(description="whether a batch job writes something per entity, which is then published")
    engine: Literal["duckdb", "spark"]
    environment: dict[str, str] = Field(description="environment variables of the processing jobs")
    hyperparameters: dict[str, str]
    uris: Uris
    keys: Keys
    jobs: Jobs
    processing: JobSize
    training: JobSize
    spark: Spark
    canary: Canary
    champion: str | None = Field(description="live version when the run was planned")
    evaluation: dict[str, list[dict[str, Any]]] = Field(
        description="`inputs`: processing inputs of the evaluation beside the candidate"
    )
