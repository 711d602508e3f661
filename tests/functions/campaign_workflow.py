"""An account in which campaigns can be started and scheduled, and what was."""

import json
import time
from datetime import UTC, datetime, timedelta

from tests.functions.campaign_fixtures import (
    BODY,
    save_template,
)
from tests.functions.support import session_client

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
PATH = "/v1/campaigns/win-back"
CHANGED = {k: v for k, v in BODY.items() if k not in ("id", "author")} | {"holdout": 0.2}


def with_workflow(account):
    """An account with the template, a workflow that waits, and a group of schedules."""
    save_template(account)
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 30, "End": True}}}
    session_client("stepfunctions").create_state_machine(
        name="test-campaign", definition=json.dumps(waiting), roleArn="arn:aws:iam::123456789012:role/workflow"
    )
    session_client("scheduler").create_schedule_group(Name="test-campaigns")
    return account


def executions():
    """Name → (status, input) of the executions that were started."""
    sfn = session_client("stepfunctions")
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:test-campaign"
    described = [
        sfn.describe_execution(executionArn=execution["executionArn"])
        for execution in sfn.list_executions(stateMachineArn=arn)["executions"]
    ]
    return {d["name"]: (d["status"], json.loads(d["input"])) for d in described}


def ended(name):
    """Status of an execution that is being stopped, which the stand-in does by and by."""
    for _ in range(1200):
        if executions()[name][0] != "RUNNING":
            break
        time.sleep(0.05)
    return executions()[name][0]


def schedules():
    """Schedules of campaigns by name."""
    client = session_client("scheduler")
    names = [s["Name"] for s in client.list_schedules(GroupName="test-campaigns")["Schedules"]]
    return {name: client.get_schedule(Name=name, GroupName="test-campaigns") for name in names}
