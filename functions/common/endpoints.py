"""Asking a family's SageMaker endpoint for one version's answers.

Request body: `{"family", "instances": [...]}`, one instance per answer; the version goes in the custom attributes
(`{"version", "model_uri"}`), so that one endpoint serves champion and challenger. Answer: `{"answers": [...]}`, in the
order of the instances, each in the shape of the family's spec; its `source` is `model`, or `cold_start` where the
model knows nothing of whoever is asked about.
"""

from __future__ import annotations

import json
from typing import Any

from commerce.family import Family
from functions.common.aws import client
from functions.common.environment import setting

BUDGET_SECONDS = 1.5
"""How long an answer of the API may wait for a model before the baseline answers."""


class EndpointError(Exception):
    """The endpoint answered something that is not an answer."""


def invoke(
    family: Family, version: str, model_uri: str, instances: list[dict[str, Any]], *, seconds: float = BUDGET_SECONDS
) -> list[dict[str, Any]]:
    """The version's answers, validated by the family's spec. Raises `EndpointError` or botocore's errors."""
    runtime = client("sagemaker-runtime", read_timeout=seconds, attempts=1)
    response = runtime.invoke_endpoint(
        EndpointName=f"{setting('ENDPOINT_PREFIX')}-{family.name}",
        ContentType="application/json",
        Accept="application/json",
        CustomAttributes=json.dumps({"version": version, "model_uri": model_uri}),
        Body=json.dumps({"family": family.name, "instances": instances}).encode(),
    )
    answers = json.loads(response["Body"].read()).get("answers")
    if not isinstance(answers, list) or len(answers) != len(instances):
        raise EndpointError(f"{family.name}: {len(instances)} instances were sent, but not as many answers came back")
    return [_marked(family, version, answer) for answer in answers]


def _marked(family: Family, version: str, answer: Any) -> dict[str, Any]:
    """An answer in the spec's shape. The version is that which was asked; the container knows a cold start."""
    if not isinstance(answer, dict):
        raise EndpointError(f"{family.name}: an answer is not an object")
    source = "cold_start" if answer.get("source") == "cold_start" else "model"
    marked = answer | {"source": source, "version": version}
    return family.answer.model_validate(marked).model_dump(mode="json")
