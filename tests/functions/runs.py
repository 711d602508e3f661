"""A planned run, and what its jobs would have written."""

import json
from datetime import UTC, date, datetime

from commerce.evaluation import Evaluation
from commerce.families import family
from commerce.readiness import Finding, Readiness
from functions.common.plan import Run
from functions.plan.logic import Places, Request, plan
from tests.functions.support import LAKE, MODELS

AS_OF = date(2026, 1, 1)
GOOD = {"auc": 0.8, "brier": 0.15}
POOR = {"auc": 0.55, "brier": 0.3}


def planned(**changes) -> Run:
    """A run of churn."""
    spec = family("churn")
    run = plan(
        Request(family="churn", as_of=AS_OF),
        spec,
        spec.parameters(),
        Places(environment="test", lake_bucket=LAKE, models_bucket=MODELS, engine="duckdb"),
        None,
        resources=spec.resources,
        execution="e-1",
        started_at=datetime(2026, 1, 31, tzinfo=UTC),
    )
    return run.model_copy(update=changes)


def answering(**changes) -> Run:
    """A run of recommendations, whose endpoint answers from published profiles."""
    return planned(family="recommendations", mode="endpoint", publishes=True, **changes)


def put(account, key: str, content: str) -> None:
    """An object of the run."""
    account.s3.put_object(Bucket=MODELS, Key=key, Body=content.encode())


def write_readiness(
    account, key: str, *, ready: bool = True, as_of: date = AS_OF, errors: int = 1, family: str = "churn"
) -> None:
    """What the prepare job writes."""
    finding = Finding(
        severity="error", check="insufficient", table="orders", message="too few rows", advice="load more history"
    )
    findings = [] if ready else [finding] * errors
    verdict = Readiness(family=family, as_of=as_of, ready=ready, findings=findings)
    put(account, key, verdict.model_dump_json())


def write_evaluation(
    account, key: str, candidate: dict[str, float], as_of: date = AS_OF, *, family: str = "churn", **others
) -> None:
    """What the evaluate job writes; the floor is a coin."""
    metrics = {"candidate": candidate, "recency": {"auc": 0.5, "brier": 0.25}, **others}
    evaluation = Evaluation(
        family=family, as_of=as_of, holdout_as_of=date(2025, 10, 1), holdout_rows=1000, metrics=metrics
    )
    put(account, key, evaluation.model_dump_json())


def score_line(entity_id: str, probability: float = 0.5) -> str:
    """One line of a file of scores."""
    answer = {"family": "churn", "source": "model", "as_of": "2026-01-01", "probability": probability}
    return json.dumps({"entity_id": entity_id, "answer": answer})


def profile_line(entity_id: str, bought: str = "p-1") -> str:
    """One line of a file of profiles."""
    profile = {"as_of": "2026-01-01", "own": [[bought, 0.25, 3, 7.0]], "new": [], "popular": ["p-1"]}
    return json.dumps({"entity_id": entity_id, "answer": profile})


def write_scores(account, manifest_key: str, parts: list[list[str]]) -> list[dict]:
    """What the score job writes: files of lines and their manifest."""
    folder = manifest_key.rpartition("/")[0]
    manifest = []
    for number, lines in enumerate(parts):
        name = f"part-{number:05d}.jsonl"
        put(account, f"{folder}/{name}", "".join(line + "\n" for line in lines))
        manifest.append({"key": name, "rows": len(lines)})
    put(account, manifest_key, json.dumps(manifest))
    return manifest
