"""What the retrain workflow and each of its steps may do."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk

from commerce import runs
from commerce.family import Family
from infra import access, naming
from infra.access import Grant
from infra.stacks.data import DataStack
from infra.stacks.models import ModelsStack

_RUN = "A run's objects are named when it runs; the step reads this one kind of file of any run, and nothing else."
_VERSIONS = "Versions of a model package group are numbered as they are registered."


def step_grants(
    stack: cdk.Stack, families: Mapping[str, Family], data: DataStack, models: ModelsStack
) -> dict[str, list[Grant]]:
    """Grants by function: each step reads and writes exactly what it is there for."""
    prefix = naming.prefix(models.settings.name)
    packages = [naming.arn(stack, "sagemaker", f"model-package/{prefix}-{name}/*") for name in families]

    def package(*actions: str) -> Grant:
        return access.allow([f"sagemaker:{action}" for action in actions], *packages, because=_VERSIONS)

    def reading(*patterns: str) -> list[Grant]:
        files = [access.objects(data.models_arn, f"runs/*/{p}", "GetObject", because=_RUN) for p in patterns]
        return [*files, access.decrypt(data.key)]

    listing_packages = access.allow(
        ["sagemaker:ListModelPackages"],
        "*",
        because="ListModelPackages knows no resource; it tells names and versions of models, nothing they hold.",
    )
    endpoints = [models.invoke_endpoints] if models.endpoints else []
    alarms = access.allow(
        ["cloudwatch:DescribeAlarms"],
        naming.arn(stack, "cloudwatch", "alarm:*"),
        because="DescribeAlarms finds alarms by the beginning of their names, which IAM authorizes on all alarms only.",
    )
    return {
        "plan": [access.items(data.releases, "GetItem"), access.decrypt(data.key)],
        "check_readiness": reading(runs.READINESS),
        "judge": reading(runs.EVALUATION),
        # SageMaker looks at the artifact with the caller's permissions when a version is registered.
        "register": [*reading("model/*"), package("CreateModelPackage"), listing_packages],
        "rehearse": [
            *reading(runs.GOLDEN, "scores/*", "model/*"),
            access.items(data.scores, "BatchGetItem"),
            *endpoints,
        ],
        "publish_scores": [
            *reading("scores/*"),
            access.items(data.scores, "BatchWriteItem"),
            access.encrypt(data.key),
        ],
        "release": [
            access.items(data.releases, "GetItem", "PutItem"),
            package("DescribeModelPackage"),
            access.encrypt(data.key),
            # Only a canary, which only an endpoint has, is watched by alarms.
            *([alarms] if models.endpoints else []),
        ],
    }


def announce_grants(data: DataStack) -> list[Grant]:
    """Read the alerts of any run, and put events on the bus."""
    return [
        access.objects(data.models_arn, f"runs/*/{runs.ALERTS}", "GetObject", because=_RUN),
        access.decrypt(data.key),
        access.allow(["events:PutEvents"], data.bus.event_bus_arn),
    ]


def workflow_grants(stack: cdk.Stack, data: DataStack, models: ModelsStack) -> list[Grant]:
    """Jobs named after the environment, the rules by which Step Functions learns that they ended, and the report."""
    env = models.settings.name
    passing = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    grants = [
        access.allow(
            [f"sagemaker:{verb}{kind}Job" for verb in ("Create", "Describe", "Stop")] + ["sagemaker:AddTags"],
            naming.arn(stack, "sagemaker", f"{kind.lower()}-job/{env}-*"),
            because="Jobs are named by family, step and run as they start; the pattern keeps to this environment.",
        )
        for kind in ("Training", "Processing")
    ]
    rules = [f"StepFunctionsGetEventsForSageMaker{kind}JobsRule" for kind in ("Training", "Processing")]
    grants += [
        access.allow(["iam:PassRole"], models.job_role.role_arn, conditions=passing),
        access.objects(
            data.models_arn,
            f"runs/*/{runs.SCORES_MANIFEST}",
            "GetObject",
            because="The distributed map reads the list of score files of the run that it belongs to.",
        ),
        access.decrypt(data.key),
        access.allow(["events:PutEvents"], data.bus.event_bus_arn),
    ]
    if models.spark:
        rules.append("StepFunctionsGetEventsForEMRServerlessJobRule")
        application = models.spark_arn
        grants += [
            access.allow(["emr-serverless:StartJobRun"], application),
            access.allow(
                ["emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"],
                f"{application}/jobruns/*",
                because="Job runs get their id from the service when they start.",
            ),
            access.allow(
                ["iam:PassRole"],
                models.spark.role.role_arn,
                conditions={"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}},
            ),
        ]
    managed = [naming.arn(stack, "events", f"rule/{rule}") for rule in rules]
    grants.append(access.allow(["events:PutTargets", "events:PutRule", "events:DescribeRule"], *managed))
    return grants
