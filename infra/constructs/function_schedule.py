"""A function that runs by the clock: EventBridge Scheduler invokes it, and keeps what it could not start."""

from __future__ import annotations

from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import access
from infra.constructs.function import Function


class FunctionSchedule(Construct):
    """Invokes `function` whenever `expression` (UTC) says so, under a role that may do nothing else.

    Scheduler hands the event over and does not wait: what the function then fails on goes to its own dead letters.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        function: Function,
        expression: str,
        enabled: bool,
        dead_letters: sqs.Queue,
    ) -> None:
        super().__init__(scope, id_)
        lambda_ = function.function
        role = access.role(self, "Role", "scheduler.amazonaws.com", f"Starts {function.name} on schedule")
        policy = access.grant(
            self,
            role,
            [
                access.allow(["lambda:InvokeFunction"], lambda_.function_arn),
                access.allow(["sqs:SendMessage"], dead_letters.queue_arn),
            ],
        )
        schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            name=function.name,
            description=function.spec.description,
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            state="ENABLED" if enabled else "DISABLED",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=lambda_.function_arn,
                role_arn=role.role_arn,
                input="{}",
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=5
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
            ),
        )
        schedule.node.add_dependency(policy)
