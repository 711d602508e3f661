"""When a workflow runs for a family: EventBridge Scheduler starts it, retries, and keeps what it could not start."""

from __future__ import annotations

import json

from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import access
from infra.constructs.workflow import Workflow


class Schedules(Construct):
    """A schedule group of one environment, whose role may start `workflow` and nothing else."""

    def __init__(self, scope: Construct, id_: str, *, name: str, workflow: Workflow, dead_letters: sqs.Queue) -> None:
        super().__init__(scope, id_)
        self._name = name
        self._workflow = workflow
        self._dead_letters = dead_letters
        self._role = access.role(self, "Role", "scheduler.amazonaws.com", f"Starts {workflow.name} on schedule")
        self._policy = access.grant(
            self,
            self._role,
            [
                access.allow(["states:StartExecution"], workflow.machine.state_machine_arn),
                access.allow(["sqs:SendMessage"], dead_letters.queue_arn),
            ],
        )
        self._group = scheduler.CfnScheduleGroup(self, "Group", name=name)

    def add(self, family: str, *, does: str, expression: str, enabled: bool) -> None:
        """Start the workflow for `family` whenever `expression` (UTC) says so; it `does` something, as in Retrains."""
        schedule = scheduler.CfnSchedule(
            self,
            f"{family.title()}Schedule",
            name=f"{self._workflow.name}-{family}",
            description=f"{does} {family}",
            group_name=self._group.ref,
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            state="ENABLED" if enabled else "DISABLED",
            # Spread over a quarter of an hour, so that several families do not ask for instances at once.
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
                mode="FLEXIBLE", maximum_window_in_minutes=15
            ),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self._workflow.machine.state_machine_arn,
                role_arn=self._role.role_arn,
                input=json.dumps({"family": family}),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=5
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self._dead_letters.queue_arn),
            ),
        )
        schedule.node.add_dependency(self._policy)
