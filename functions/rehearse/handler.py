"""Rehearses a version: `{"run", "version", "model_uri"}` → `{"checked"}`; fails where an answer is not as expected."""

from __future__ import annotations

from itertools import batched
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter

from commerce.assessments.decide import rehearsed
from commerce.families import family
from commerce.family import Family
from commerce.scores import Chunk, StoredScore
from functions.common import endpoints, objects, score_rows, telemetry, versions
from functions.common.asking import MOST_INSTANCES
from functions.common.aws import client
from functions.common.backoff import pause
from functions.common.dynamodb import batch_get
from functions.common.environment import setting
from functions.common.plan import Run
from functions.rehearse.logic import Golden, RehearsalError, difference, sample

COLD_SECONDS = 60.0
"""A serverless endpoint starts its container and fetches the artifact within this."""
ATTEMPTS = 3
_MANIFEST = TypeAdapter(list[Chunk])
_GOLDEN = TypeAdapter(list[Golden])

log = telemetry.logger("rehearse")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    run = Run.model_validate(event["run"])
    spec = family(run.family)
    checked = _published(spec, run, event["version"]) if run.publishes else 0
    if run.mode == "endpoint":
        checked += _endpoint(spec, run, event["version"], event["model_uri"])
    if run.mode == "function":
        checked += _function(spec, run, event["model_uri"])
    log.info("rehearsed", run_id=run.run_id, version=event["version"], checked=checked)
    return {"checked": checked}


def _published(spec: Family, run: Run, version: str) -> int:
    """The table gives back what the batch job wrote, for a sample of the first and the last file."""
    chunks = [chunk for chunk in _MANIFEST.validate_json(objects.read(run.keys.manifest)) if chunk.rows]
    if not chunks:
        raise RehearsalError(f"{run.keys.manifest} lists nothing: nobody would get an answer of version {version}")
    expected: dict[str, dict[str, Any]] = {}
    for chunk in dict.fromkeys((chunks[0].key, chunks[-1].key)):
        for line in sample(objects.read(objects.beside(run.keys.manifest, chunk)).splitlines()):
            score = StoredScore.model_validate_json(line)
            expected[score.entity_id] = score.answer
    keys = [score_rows.key(spec.name, entity_id, version) for entity_id in expected]
    items = batch_get(client("dynamodb"), setting("SCORES_TABLE"), keys, consistent=True)
    found = {item["pk"]["S"]: score_rows.answer(item) for item in items}
    for position, (entity_id, answer) in enumerate(expected.items()):
        actual = found.get(f"{spec.name}#{entity_id}")
        if actual is None:
            raise RehearsalError(f"no row of version {version} for the sample's number {position}")
        written = answer if spec.route else spec.answer.model_validate(answer).model_dump(mode="json")
        if wrong := difference(written, actual):
            raise RehearsalError(f"the sample's number {position} differs: {wrong}")
    return len(expected)


def _endpoint(spec: Family, run: Run, version: str, model_uri: str) -> int:
    """The endpoint gives the golden requests the answers that the evaluation recorded."""
    golden = _GOLDEN.validate_json(objects.read(run.keys.golden))
    if not golden:
        raise RehearsalError(f"{run.keys.golden} holds no golden request: version {version} cannot be rehearsed")
    groups = batched((one.instance for one in golden), MOST_INSTANCES)
    answers = [answer for group in groups for answer in _ask(spec, version, model_uri, list(group))]
    for position, (one, actual) in enumerate(zip(golden, answers, strict=True)):
        if wrong := difference(one.answer, actual):
            raise RehearsalError(f"golden request {position} differs: {wrong}")
    return len(golden)


def _function(spec: Family, run: Run, model_uri: str) -> int:
    """The version as the function reads it decides on the golden requests as the evaluation recorded."""
    golden = _GOLDEN.validate_json(objects.read(run.keys.golden))
    if not golden:
        raise RehearsalError(f"{run.keys.golden} holds no golden request: the version cannot be rehearsed")
    model = versions.portable(client("s3"), model_uri)
    # What its jobs were given, not what the settings say by now.
    of = spec.parameters.model_validate_json(run.environment["SHOPKEEPER_PARAMETERS"])
    for position, one in enumerate(golden):
        actual = rehearsed(spec, one.instance, model, of).model_dump(mode="json")
        if wrong := difference(one.answer, actual):
            raise RehearsalError(f"golden request {position} differs: {wrong}")
    return len(golden)


def _ask(spec: Family, version: str, model_uri: str, instances: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return endpoints.invoke(spec, version, model_uri, instances, seconds=COLD_SECONDS)
        except (ClientError, BotoCoreError) as error:
            if attempt == ATTEMPTS:
                raise RehearsalError(f"the endpoint did not answer {ATTEMPTS} times, last: {error}") from error
            pause(attempt, base=1.0, cap=10.0)
    raise AssertionError("unreachable: the last attempt returns or raises")
