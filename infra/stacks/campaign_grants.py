"""What the campaign workflow, its steps and its jobs may do."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from commerce.campaigns.places import MANIFEST
from commerce.family import Family
from infra import access, naming
from infra.access import Grant
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack
from infra.stacks.letters import LettersStack
from infra.stacks.models import ModelsStack

_RUN = "A run's objects are named when it runs; the step reaches these files of any run, and nothing else."


def asked_by_letters(families: Mapping[str, Family]) -> list[Family]:
    """The families that letters ask."""
    return [family for family in families.values() if family.route and family.route.letter]


def job_grants(data: DataStack) -> list[Grant]:
    """Take in new events, read the lake and the live scores, and keep what a campaign's jobs find."""
    because = "Objects are named by table, day, campaign and run; jobs of campaigns reach these prefixes only."
    kept = ("campaigns/*", "letters/*")
    return [
        access.objects(data.lake_arn, "raw/events/*", "GetObject", because=because),
        *(
            access.objects(data.lake_arn, pattern, "GetObject", "PutObject", because=because)
            for pattern in ("lake/*", *kept)
        ),
        access.objects(data.models_arn, "runs/*/scores/*", "GetObject", because=because),
        access.listing(data.lake_arn, "raw/events/*", "lake/*", *kept),
        access.listing(data.models_arn, "runs/*"),
        access.encrypt(data.key),
    ]


def step_grants(
    families: Mapping[str, Family],
    data: DataStack,
    ingestion: IngestionStack,
    models: ModelsStack,
    letters: LettersStack,
) -> dict[str, list[Grant]]:
    """Grants by function: each step reads and writes exactly what it is there for."""

    def reading(pattern: str) -> Grant:
        return access.objects(data.lake_arn, pattern, "GetObject", because=_RUN)

    listing = access.listing(data.lake_arn, "campaigns/*")
    return {
        "campaign_plan": [
            access.items(data.campaigns, "GetItem", "PutItem", "Query"),
            access.items(data.releases, "BatchGetItem"),
            access.objects(data.lake_arn, "campaigns/*/plan/*", "GetObject", "PutObject", because=_RUN),
            listing,
            access.encrypt(data.key),
        ],
        "campaign_check": [
            access.items(data.campaigns, "GetItem", "PutItem", "Query", "BatchWriteItem"),
            reading("campaigns/*"),
            listing,
            access.encrypt(data.key),
        ],
        "deliver": [
            access.items(data.campaigns, "GetItem", "UpdateItem"),
            access.items(
                data.letters, "BatchGetItem", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"
            ),
            *(access.items(table, "BatchGetItem") for table in (data.scores, data.releases, data.counters)),
            *models.asking(asked_by_letters(families)),
            reading("campaigns/*/plan/*"),
            reading("letters/*/parts/*"),
            letters.mail.send,
            access.allow(["firehose:PutRecordBatch"], ingestion.events.arn),
            access.allow(
                ["ses:GetAccount"], "*", because="GetAccount has no resource: it tells the account's sending quota."
            ),
            letters.read_secret,
            access.encrypt(data.key),
        ],
        "settle": [access.items(data.campaigns, "GetItem", "PutItem", "Query"), access.encrypt(data.key)],
        "campaign_watch": [access.items(data.campaigns, "Query"), access.decrypt(data.key)],
    }


def workflow_grants(stack: cdk.Stack, env: str, data: DataStack, job_role: iam.Role) -> list[Grant]:
    """Jobs named after the environment, the list of a run's parts, and the report."""
    return [
        *processing_jobs(stack, env, job_role),
        access.objects(
            data.lake_arn,
            f"campaigns/*/allocation/{MANIFEST}",
            "GetObject",
            because="The distributed map reads the list of parts of the run that it belongs to.",
        ),
        access.decrypt(data.key),
        access.allow(["events:PutEvents"], data.bus.event_bus_arn),
    ]


def processing_jobs(stack: cdk.Stack, env: str, job_role: iam.Role) -> list[Grant]:
    """Start, watch and stop processing jobs of this environment under `job_role`."""
    return [
        access.allow(
            [f"sagemaker:{verb}ProcessingJob" for verb in ("Create", "Describe", "Stop")] + ["sagemaker:AddTags"],
            naming.arn(stack, "sagemaker", f"processing-job/{env}-*"),
            because="Jobs are named by step and run as they start; the pattern keeps to this environment.",
        ),
        access.allow(
            ["iam:PassRole"],
            job_role.role_arn,
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        access.allow(
            ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            naming.arn(stack, "events", "rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule"),
        ),
    ]
