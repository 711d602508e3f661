"""Where a training run keeps its things below `s3://<models bucket>/`, and what its jobs are called."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

READINESS = "readiness/readiness.json"
EVALUATION = "evaluation/evaluation.json"
GOLDEN = "evaluation/golden.json"
HISTORY = "evaluation/history.jsonl"
"""Events that the run's model decided on after learning without them: a `commerce.rules.effects.PastEvent` a line."""
MONITORING = "monitoring/monitoring.json"
SCORES_MANIFEST = "scores/manifest.json"
RANKING = "scores/ranking/manifest.json"
ALERTS = "scores/ranking/alerts.json"
FEATURES = ("train", "holdout", "score")
"""Names of the feature sets: `features/<name>.parquet`."""

_ARTIFACT = re.compile(r"^s3://[^/]+/runs/([^/]+)/([^/]+)/model/")
_FAMILY = re.compile(r"^[a-z][a-z0-9]{1,14}$")


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of the retrain workflow for one family."""

    family: str
    run_id: str

    def __post_init__(self) -> None:
        if not _FAMILY.match(self.family):
            raise ValueError(f"family name {self.family!r} must be 2 to 15 lower-case letters and digits")

    @staticmethod
    def of_artifact(uri: str) -> Run:
        """The run that wrote the model artifact at `uri` (s3://). ValueError where it is none of a run's."""
        found = _ARTIFACT.match(uri)
        if found is None:
            raise ValueError(f"{uri} is not where a run keeps its model")
        return Run(*found.groups())

    @property
    def prefix(self) -> str:
        """Key prefix in the models bucket, without a slash at the end."""
        return f"runs/{self.family}/{self.run_id}"

    def key(self, name: str) -> str:
        """Key of one of the names above."""
        return f"{self.prefix}/{name}"


def run_id(as_of: date, execution: str) -> str:
    """`YYYYMMDD-xxxxxx`: the same execution always gets the same run, so that a repeated step finds its work."""
    return f"{as_of:%Y%m%d}-{hashlib.sha256(execution.encode()).hexdigest()[:6]}"


def job_name(environment: str, family: str, step: str, run: str) -> str:
    """Name of a SageMaker job without the last eight characters that the workflow adds per attempt.

    SageMaker allows 63 characters; the longest step is `evaluate`, so an environment's name may have eight.
    """
    return f"{environment}-{family}-{step}-{run}"
