"""The monitor workflow: every day a report on each family that has something to monitor."""

from __future__ import annotations

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs

from commerce import runs
from infra import access, naming
from infra.access import Grant
from infra.constructs.family_schedules import Schedules
from infra.constructs.function import Function
from infra.constructs.workflow import Workflow
from infra.functions import PUBLISH_MONITORING
from infra.settings import FamilySettings, Settings
from infra.stacks.campaign_grants import processing_jobs
from infra.stacks.data import DataStack
from infra.stacks.models import ModelsStack

MONITOR = "monitor"
DAILY = "cron(30 5 * * ? *)"
"""After the families' own schedules of retraining."""


def add(
    stack: cdk.Stack,
    settings: Settings,
    families: Iterable[tuple[str, FamilySettings]],
    data: DataStack,
    models: ModelsStack,
    plan: Function,
    retrain: Workflow,
    dead_letters: sqs.Queue,
) -> tuple[Workflow, Function]:
    """The workflow, and the function of its last step, in `stack`. It plans its runs as retraining does, by `plan`."""
    publish = Function(
        stack,
        "PublishMonitoring",
        settings=settings,
        spec=PUBLISH_MONITORING,
        environment={"MODELS_BUCKET": data.models.bucket_name, "RETRAIN_WORKFLOW": retrain.arn},
        grants=_publishing(stack, data, retrain),
    )
    monitor = Workflow(
        stack,
        "Monitor",
        settings=settings,
        name=MONITOR,
        substitutions={
            "JobRoleArn": models.job_role.role_arn,
            "ImageUri": models.image_uri,
            "EventBusName": data.bus.event_bus_name,
        },
        steps=[plan, publish],
        grants=[
            *processing_jobs(stack, settings.name, models.job_role),
            access.allow(["events:PutEvents"], data.bus.event_bus_arn),
        ],
    )
    schedules = Schedules(stack, "MonitorSchedules", name=monitor.name, workflow=monitor, dead_letters=dead_letters)
    for name, chosen in families:
        schedules.add(name, does="Monitors", expression=DAILY, enabled=chosen.enabled)
    return monitor, publish


def _publishing(stack: cdk.Stack, data: DataStack, retrain: Workflow) -> list[Grant]:
    """Read a run's report, keep it where the API finds it, and start `retrain` unless it runs."""
    return [
        access.objects(
            data.models_arn,
            f"runs/*/{runs.MONITORING}",
            "GetObject",
            because="A run's objects are named when it runs; of any run the step reads the report, and nothing else.",
        ),
        access.objects(
            data.models_arn,
            "monitoring/*",
            "GetObject",
            "PutObject",
            because="Reports are named by family and day; the step reads and writes reports, and nothing else.",
        ),
        access.listing(data.models_arn, "monitoring/*"),
        access.encrypt(data.key),
        access.allow(["states:ListExecutions", "states:StartExecution"], retrain.arn),
        access.allow(
            ["states:DescribeExecution"],
            naming.arn(stack, "states", f"execution:{retrain.name}:*"),
            because="Executions are named as they start; the pattern keeps to those of one workflow.",
        ),
    ]
