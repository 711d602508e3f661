"""Changes what is live: `{"action", "family", "version", "share"?}`, from the workflow and from the command line.

`release`, `canary`, `roll_back` → `{"family", "champion", "challenger", "previous", "share", "since", "revision"}`;
`check` → `{"healthy", "reasons"}`. An alarm of a family's endpoint that is raised calls it too, with CloudWatch's own
event: the challenger is taken back, whether it is a canary or one side of an A/B test.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from commerce.families import family
from commerce.family import Family
from commerce.release import Release
from functions.common import registry, releases, telemetry
from functions.common.aws import client
from functions.common.backoff import pause
from functions.common.environment import setting
from functions.common.releases import Pointer
from functions.release.logic import (
    Command,
    Raised,
    canary,
    released,
    rolled_back,
    with_artifacts,
    without_challenger,
)

ATTEMPTS = 6

log = telemetry.logger("release")


class ContendedError(Exception):
    """Others kept changing the same pointer; repeating the action is safe."""


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda function."""
    if "alarmData" in event:
        return take_back(Raised.model_validate(event)).model_dump(mode="json")
    command = Command.model_validate(event)
    spec = family(command.family)
    if command.action == "check":
        return check(spec, command.version)
    artifacts: dict[str, str] = {}
    if command.action != "roll_back":
        arn = context.invoked_function_arn
        artifacts[command.version] = registry.approved_artifact(client("sagemaker"), spec, command.version, arn)
    release = change(spec.name, partial(_decide, command), artifacts)
    log.info("moved", action=command.action, family=spec.name, version=command.version, revision=release.revision)
    return release.model_dump(mode="json")


def take_back(alarm: Raised) -> Release:
    """Nobody sees the family's challenger any more; a champion stays, and so does the alarm, which tells people."""
    spec = family(alarm.family(setting("ENDPOINT_PREFIX")))
    release = change(spec.name, without_challenger, {})
    log.warning("challenger taken back", alarm=alarm.name, family=spec.name, revision=release.revision)
    return release


def change(name: str, decide: Callable[[Release, datetime], Release], artifacts: dict[str, str]) -> Release:
    """Read the family's pointer, decide, write if nobody wrote in between; else again. Raises `ContendedError`."""
    dynamodb, table = client("dynamodb"), setting("RELEASES_TABLE")
    for attempt in range(ATTEMPTS):
        now = datetime.now(UTC)
        stored = releases.read(dynamodb, table, name)
        old = stored or Pointer(Release(family=name, since=now))
        new = decide(old.release, now)
        pointer = with_artifacts(new, old.artifacts | artifacts)
        if new == old.release and pointer.artifacts == old.artifacts:
            return new
        if _write(dynamodb, table, pointer, None if stored is None else stored.release.revision):
            return new
        pause(attempt)
    raise ContendedError(f"the release of {name} changed {ATTEMPTS} times while it was being changed")


def check(spec: Family, version: str) -> dict[str, Any]:
    """Whether a canary may go on: it still is the challenger, and no alarm of the family's endpoint is raised."""
    pointer = releases.read(client("dynamodb"), setting("RELEASES_TABLE"), spec.name)
    reasons = []
    if pointer is None or pointer.release.challenger != version:
        reasons.append(f"version {version} is not the challenger any more")
    pages = client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=f"{setting('ENDPOINT_PREFIX')}-{spec.name}", StateValue="ALARM"):
        reasons += [f"alarm {alarm['AlarmName']}: {alarm['StateReason']}" for alarm in page["MetricAlarms"]]
    return {"healthy": not reasons, "reasons": reasons}


def _decide(command: Command, old: Release, now: datetime) -> Release:
    if command.action == "release":
        return released(old, command.version, now)
    if command.action == "canary":
        return canary(old, command.version, command.share, now)
    return rolled_back(old, command.version, now)


def _write(dynamodb: Any, table: str, pointer: Pointer, revision: int | None) -> bool:
    """Put the pointer if the stored one still has `revision` (None: if there still is none)."""
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if revision is not None:
        condition = {
            "ConditionExpression": "revision = :revision",
            "ExpressionAttributeValues": {":revision": {"N": str(revision)}},
        }
    try:
        dynamodb.put_item(TableName=table, Item=releases.to_item(pointer), **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True
