"""EventBridge Scheduler's targets, called with the schedule's own input under its own role.

LocalEmu sends schedules through its EventBridge targets, which fail on an input that is not an event.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
"""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from localemu.aws.connect import connect_to
from localemu.services.scheduler import target_invoker
from localemu.utils.aws.client_types import ServicePrincipal

_LOG = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0


def _input(target: Mapping[str, Any], schedule_arn: str) -> str:
    """The target's input with Scheduler's context attributes filled in."""
    text = target.get("Input") or "{}"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    attributes = {
        "schedule-arn": schedule_arn,
        "scheduled-time": now,
        "execution-id": str(uuid4()),
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _call(target: Mapping[str, Any], given: str, clients: Any) -> None:
    arn = target["Arn"]
    if ":stateMachine:" in arn:
        clients.stepfunctions.start_execution(stateMachineArn=arn, input=given)
    elif ":function:" in arn:
        clients.lambda_.invoke(FunctionName=arn, InvocationType="Event", Payload=given.encode())
    elif ":sqs:" in arn:
        clients.sqs.send_message(QueueUrl=_queue_url(arn), MessageBody=given)
    else:
        raise ValueError(f"schedules to {arn} are not supported by the local cloud")


def _queue_url(arn: str) -> str:
    _, _, _, region, account, name = arn.split(":")
    owner = connect_to(region_name=region, aws_access_key_id=account)
    return owner.sqs.get_queue_url(QueueName=name)["QueueUrl"]


def invoke(*, schedule_arn: str, schedule_name: str, target: dict, region: str, **_: object) -> None:
    """Call the target; after the last failed attempt the input goes to the dead-letter queue, if there is one."""
    given = _input(target, schedule_arn)
    attempts = 1 + int((target.get("RetryPolicy") or {}).get("MaximumRetryAttempts", 0))
    reason = ""
    for attempt in range(1, attempts + 1):
        try:
            clients = connect_to.with_assumed_role(
                role_arn=target["RoleArn"], service_principal=ServicePrincipal.scheduler, region_name=region
            )
            _call(target, given, clients)
            return
        except Exception as error:  # noqa: BLE001 - any failure counts as a failed attempt
            _LOG.warning("schedule %s, attempt %d of %d: %s", schedule_name, attempt, attempts, error)
            reason = str(error)
            time.sleep(_PAUSE_SECONDS)
    _dead_letter(target, given, reason, region, schedule_arn)


def _dead_letter(target: Mapping[str, Any], given: str, reason: str, region: str, schedule_arn: str) -> None:
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    clients = connect_to.with_assumed_role(
        role_arn=target["RoleArn"], service_principal=ServicePrincipal.scheduler, region_name=region
    )
    attributes = {"ERROR_MESSAGE": reason[:1000], "SCHEDULE_ARN": schedule_arn, "TARGET_ARN": target["Arn"]}
    clients.sqs.send_message(
        QueueUrl=_queue_url(queue),
        MessageBody=given,
        MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
    )


def install() -> None:
    """Use these targets."""
    target_invoker.invoke = invoke
