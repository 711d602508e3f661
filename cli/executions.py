"""Start an execution of retraining or monitoring and follow it, state by state, to its ending."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from cli.environment import Environment

ENDINGS = ("Released", "Rejected", "NotReady", "RolledBack", "Reported", "Failed")
RETRAIN, MONITOR = "RetrainStateMachineArn", "MonitorStateMachineArn"
"""Outputs with the workflows."""
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Ending:
    """How an execution ended: one of ENDINGS, the seconds it took, the data of its last state and why."""

    name: str
    seconds: float
    data: dict[str, Any]
    cause: str = ""

    @property
    def reasons(self) -> list[str]:
        """The reasons of the step that decided, in words."""
        steps = ("canary",) if self.name == "RolledBack" else ("verdict", "readiness")
        for step in steps:
            if found := self.data.get(step, {}).get("reasons"):
                return list(found)
        return [self.cause] if self.cause else []


def start(
    environment: Environment, family: str, as_of: date | None, parameters: dict[str, Any], workflow: str = RETRAIN
) -> str:
    """Start the workflow; the ARN of the execution."""
    body: dict[str, Any] = {"family": family}
    if as_of is not None:
        body["as_of"] = as_of.isoformat()
    if parameters:
        body["parameters"] = parameters
    name = f"{family}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    answer = environment.client("stepfunctions").start_execution(
        stateMachineArn=environment.output(workflow), name=name, input=json.dumps(body)
    )
    return answer["executionArn"]


def follow(environment: Environment, arn: str, entered: Callable[[str], None]) -> Ending:
    """Wait for the end, calling `entered` with each state's name once, in order."""
    client = environment.client("stepfunctions")
    seen: list[str] = []
    while True:
        description = client.describe_execution(executionArn=arn)
        for name in list(_states(client, arn))[len(seen) :]:
            seen.append(name)
            entered(name)
        if description["status"] != "RUNNING":
            return _ending(description, seen)
        time.sleep(_POLL_SECONDS)


def latest(environment: Environment, count: int = 10) -> list[dict[str, Any]]:
    """The newest executions, newest first: name, status, startDate, stopDate."""
    answer = environment.client("stepfunctions").list_executions(
        stateMachineArn=environment.output(RETRAIN), maxResults=count
    )
    return answer["executions"]


def _states(client: Any, arn: str) -> Iterator[str]:
    """Names of the states entered so far, in order; those of a Map's items are left out."""
    for page in client.get_paginator("get_execution_history").paginate(executionArn=arn):
        for event in page["events"]:
            if event["type"].endswith("StateEntered"):
                yield event["stateEnteredEventDetails"]["name"]


def _ending(description: dict[str, Any], seen: list[str]) -> Ending:
    seconds = (description["stopDate"] - description["startDate"]).total_seconds()
    data = json.loads(description.get("output") or "{}")
    reached = [e for e in ENDINGS if e in seen]
    if description["status"] == "SUCCEEDED" and reached:
        return Ending(reached[-1], seconds, data)
    cause = description.get("cause") or description.get("error") or description["status"]
    return Ending("Failed", seconds, data, in_words(cause))


def in_words(cause: str) -> str:
    """The sentence in a cause: Step Functions wraps a job's description or a Lambda error, as JSON, once or twice."""
    try:
        found = json.loads(cause)
    except json.JSONDecodeError:
        return cause
    if not isinstance(found, dict):
        return cause
    for name in ("FailureReason", "errorMessage", "Cause"):
        if inner := found.get(name):
            return in_words(str(inner))
    return str(found.get("Error") or cause)
