"""Where the API keeps the one-time schedules by which campaigns start later."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import access, naming
from infra.access import Grant
from infra.constructs.dead_letters import dead_letters


class CampaignSchedules(Construct):
    """A schedule group called `name`, and a role by which its schedules start the state machine `workflow_arn`."""

    def __init__(self, scope: Construct, id_: str, *, name: str, workflow_arn: str) -> None:
        super().__init__(scope, id_)
        self.name = name
        self.group = scheduler.CfnScheduleGroup(self, "Group", name=name)
        self.dead_letters: sqs.Queue = dead_letters(self, "DeadLetters", name=f"{name}-dead")
        self.role = access.role(self, "Role", "scheduler.amazonaws.com", f"Starts campaigns by {name}")
        self.policy = access.grant(
            self,
            self.role,
            [
                access.allow(["states:StartExecution"], workflow_arn),
                access.allow(["sqs:SendMessage"], self.dead_letters.queue_arn),
            ],
        )

    @property
    def keep(self) -> list[Grant]:
        """Create, change and delete schedules of this group, that do what this role may and nothing else."""
        schedules = naming.arn(cdk.Stack.of(self), "scheduler", f"schedule/{self.name}/*")
        verbs = ("CreateSchedule", "UpdateSchedule", "DeleteSchedule")
        return [
            access.allow(
                [f"scheduler:{verb}" for verb in verbs],
                schedules,
                because="Schedules are named by the campaigns that they start; the pattern keeps to their own group.",
            ),
            access.allow(
                ["iam:PassRole"],
                self.role.role_arn,
                conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
            ),
        ]
