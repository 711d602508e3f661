"""Starting, stopping and scheduling the campaign workflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from commerce.campaigns.lifecycle import Campaign
from functions.common.aws import client
from functions.common.environment import setting

MAX_ATTEMPTS = 5
MAX_AGE_SECONDS = 3600
"""A campaign that cannot be started for an hour goes to the dead letters, where somebody is told of it."""


def start(campaign: Campaign) -> None:
    """Start the campaign's execution; one that was started already, running or over, is left alone."""
    _start(str(campaign.execution), _input(campaign.id, campaign.run))


def preview(campaign: Campaign, now: datetime) -> None:
    """Start a preview. Asked twice within a second, it is made once."""
    _start(f"{campaign.id}-preview-{now:%Y%m%d%H%M%S}", _input(campaign.id, campaign.run, preview=True))


def stop(campaign: Campaign, cause: str) -> None:
    """Stop the campaign's execution, if there is one that runs."""
    if campaign.execution is None:
        return
    arn = f"{setting('CAMPAIGN_WORKFLOW').replace(':stateMachine:', ':execution:')}:{campaign.execution}"
    with _except("ExecutionDoesNotExist"):
        client("stepfunctions").stop_execution(executionArn=arn, error="Stopped", cause=cause)


def schedule(campaign: Campaign, at: datetime) -> None:
    """Start the campaign's next run at a time, instead of any other time that was set before."""
    target = {
        "Arn": setting("CAMPAIGN_WORKFLOW"),
        "RoleArn": setting("SCHEDULE_ROLE"),
        "Input": _input(campaign.id, campaign.run + 1),
        "DeadLetterConfig": {"Arn": setting("SCHEDULE_DEAD_LETTERS")},
        "RetryPolicy": {"MaximumRetryAttempts": MAX_ATTEMPTS, "MaximumEventAgeInSeconds": MAX_AGE_SECONDS},
    }
    wanted: dict[str, Any] = {
        "Name": campaign.id,
        "GroupName": setting("SCHEDULE_GROUP"),
        "ScheduleExpression": f"at({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
        "ActionAfterCompletion": "DELETE",
    }
    try:
        client("scheduler").create_schedule(**wanted)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConflictException":
            raise
        client("scheduler").update_schedule(**wanted)


def unschedule(campaign: Campaign) -> None:
    """Take the schedule away, if there is one."""
    with _except("ResourceNotFoundException"):
        client("scheduler").delete_schedule(Name=campaign.id, GroupName=setting("SCHEDULE_GROUP"))


def _start(name: str, text: str) -> None:
    with _except("ExecutionAlreadyExists"):
        client("stepfunctions").start_execution(stateMachineArn=setting("CAMPAIGN_WORKFLOW"), name=name, input=text)


def _input(id_: str, run: int, *, preview: bool = False) -> str:
    return json.dumps({"campaign_id": id_, "run": run, "preview": preview})


@contextmanager
def _except(code: str) -> Iterator[None]:
    """Let an error pass that says: it is as it should be."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
