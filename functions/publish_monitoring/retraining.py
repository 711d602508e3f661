"""Retraining on demand: at most once in a calendar week, and never beside another retraining of the family.

A change in the data is seen until the days before it have left the comparison. Learning anew every day until then
would help no more than once does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from commerce.monitoring import Monitoring
from functions.common import telemetry
from functions.common.aws import client
from functions.common.environment import setting

log = telemetry.logger("publish_monitoring")


def retrain(report: Monitoring, asked: Mapping[str, Any]) -> str | None:
    """Start the workflow with the input that was `asked` of the monitor; the execution's ARN, None where none began.

    The name is the week's: Step Functions keeps names for 90 days and starts none twice.
    """
    states, machine = client("stepfunctions"), setting("RETRAIN_WORKFLOW")
    year, week, _ = report.as_of.isocalendar()
    name = f"{report.family}-monitor-{year}-w{week:02}"
    if (under_way := _running(states, machine, report.family)) is not None:
        log.info("retraining is under way", family=report.family)
        # Its own, where the step is repeated.
        return under_way["executionArn"] if under_way["name"] == name else None
    try:
        started = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(dict(asked)))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
        log.info("retrained on demand already this week", family=report.family)
        return None
    return started["executionArn"]


def _running(states: Any, machine: str, family: str) -> dict[str, Any] | None:
    """An execution for the family that runs."""
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="RUNNING")
    for page in pages:
        for execution in page["executions"]:
            described = states.describe_execution(executionArn=execution["executionArn"])
            if json.loads(described["input"]).get("family") == family:
                return execution
    return None
