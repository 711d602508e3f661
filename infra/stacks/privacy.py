"""Erasing a customer, telling what is held of one, and forgetting what is past its time."""

from __future__ import annotations

from constructs import Construct

from infra import access, naming
from infra.access import Grant
from infra.constructs.dead_letters import dead_letters
from infra.constructs.function import Function
from infra.constructs.function_schedule import FunctionSchedule
from infra.constructs.job_role import ContainerRole
from infra.constructs.steps import step_functions
from infra.constructs.workflow import Workflow
from infra.functions import ERASE_TABLES, PRIVACY_DONE, PRIVACY_STEPS, RETENTION
from infra.settings import Settings
from infra.stacks.base import ShopStack
from infra.stacks.campaign_grants import processing_jobs
from infra.stacks.data import DataStack
from infra.stacks.models import ModelsStack

PRIVACY = "privacy"
DAILY = "cron(0 4 * * ? *)"


class PrivacyStack(ShopStack):
    """The one place from which objects of the lake, and items of customers, are deleted."""

    def __init__(self, scope: Construct, settings: Settings, data: DataStack, models: ModelsStack) -> None:
        super().__init__(scope, settings, "Privacy", "What is erased, told, and forgotten")
        tables = {
            "CAMPAIGNS_TABLE": data.campaigns.table_name,
            "LETTERS_TABLE": data.letters.table_name,
            "COUNTERS_TABLE": data.counters.table_name,
            "SCORES_TABLE": data.scores.table_name,
        }
        environment = {
            **tables,
            "LAKE_BUCKET": data.lake.bucket_name,
            "SENDING": settings.campaigns.sending.model_dump_json(),
        }
        may = _step_grants(data)
        steps = step_functions(self, PRIVACY_STEPS, settings=settings, environment=environment, grants=may)
        jobs = ContainerRole(
            self,
            "Jobs",
            description=f"Erases and exports customers of {naming.prefix(settings.name)}",
            image=models.image,
            grants=_job_grants(data),
        ).role
        self.privacy = Workflow(
            self,
            "Privacy",
            settings=settings,
            name=PRIVACY,
            substitutions={
                "Environment": settings.name,
                "PrivacyJobRoleArn": jobs.role_arn,
                "ImageUri": models.image_uri,
                "EventBusName": data.bus.event_bus_name,
                "LakeBucket": data.lake.bucket_name,
                "ModelsBucket": data.models.bucket_name,
                **{naming.pascal(name.lower()): table for name, table in tables.items()},
            },
            steps=steps,
            grants=[
                *processing_jobs(self, settings.name, jobs),
                access.allow(["events:PutEvents"], data.bus.event_bus_arn),
            ],
        )
        self.dead_letters = dead_letters(self, "DeadLetters", name=naming.name(settings.name, "retention-dead"))
        retention = Function(
            self,
            "Retention",
            settings=settings,
            spec=RETENTION,
            environment=environment,
            grants=[
                access.objects(
                    data.lake_arn,
                    "lake/*",
                    "DeleteObject",
                    because="Partitions are named by table and day; what may go is decided by the table's retention.",
                ),
                access.listing(data.lake_arn, "lake/*"),
            ],
            dead_letters=self.dead_letters,
        )
        FunctionSchedule(
            self,
            "Daily",
            function=retention,
            expression=DAILY,
            enabled=settings.retention.enforce,
            dead_letters=self.dead_letters,
        )
        self.functions = [*steps, retention]
        self.output("PrivacyStateMachineArn", self.privacy.machine.state_machine_arn, "Started by the API")


def _step_grants(data: DataStack) -> dict[str, list[Grant]]:
    return {
        ERASE_TABLES.name: [
            access.items(data.campaigns, "DeleteItem", "GetItem", "Query", "UpdateItem"),
            access.items(data.letters, "DeleteItem", "Query", "UpdateItem"),
            *(access.items(table, "DeleteItem", "Query") for table in (data.counters, data.scores)),
            access.encrypt(data.key),
        ],
        PRIVACY_DONE.name: [
            access.items(data.campaigns, "DeleteItem", "GetItem", "UpdateItem"),
            access.objects(
                data.lake_arn, "exports/*", "GetObject", because="An export is named by its request; it is looked for."
            ),
            access.listing(data.lake_arn, "exports/*"),
            access.encrypt(data.key),
        ],
    }


def _job_grants(data: DataStack) -> list[Grant]:
    """Find a customer anywhere, rewrite what holds others too, and delete the rest with every old version."""
    because = "A customer's rows may be in any object of the shop; what holds them is rewritten or deleted."
    rewriting = ("GetObject", "PutObject", "DeleteObject", "GetObjectVersion", "DeleteObjectVersion")
    return [
        *(access.objects(arn, "*", *rewriting, because=because) for arn in (data.lake_arn, data.models_arn)),
        access.allow(["s3:ListBucket", "s3:ListBucketVersions"], data.lake_arn, data.models_arn),
        access.items(data.campaigns, "GetItem", "UpdateItem"),
        *(access.items(table, "Query") for table in (data.letters, data.scores)),
        access.items(data.counters, "BatchGetItem", "DeleteItem", "Query"),
        access.allow(
            ["sagemaker:ListProcessingJobs", "sagemaker:ListTrainingJobs"],
            "*",
            because="Listing jobs knows no resource: the erasure waits for those that may write what they read before.",
        ),
        access.encrypt(data.key),
    ]
