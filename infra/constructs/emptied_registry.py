"""Empties the model registry on destroy, so that `cdk destroy` can delete its groups."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra import access, naming
from infra.acknowledge import acknowledge
from infra.constructs.log_group import log_group
from infra.packaging import ROOT
from infra.settings import Settings


class EmptiedRegistry(Construct):
    """A custom resource that is deleted before `groups`, and takes their versions with it."""

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, groups: Sequence[sagemaker.CfnModelPackageGroup]
    ) -> None:
        super().__init__(scope, id_)
        stack = cdk.Stack.of(self)
        names = [group.model_package_group_name for group in groups]
        name = naming.name(settings.name, "empty-registry")
        logs = log_group(self, "Logs", name=f"/aws/lambda/{name}", days=settings.retention.log_days)
        role = access.role(self, "Role", "lambda.amazonaws.com", "Empties the model registry on destroy")
        function = lambda_.Function(
            self,
            "Function",
            description="Empties the model registry on destroy",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=lambda_.Code.from_inline((ROOT / "infra" / "inline" / "empty_model_packages.py").read_text("utf-8")),
            memory_size=256,
            timeout=cdk.Duration.minutes(10),
            tracing=lambda_.Tracing.ACTIVE,
            role=role.without_policy_updates(),
            log_group=logs,
        )
        policy = access.grant(
            self,
            role,
            [
                access.allow(
                    ["sagemaker:ListModelPackages"],
                    "*",
                    because="ListModelPackages knows no resource; it tells names and versions, nothing they hold.",
                ),
                access.allow(
                    ["sagemaker:DeleteModelPackage"],
                    *(naming.arn(stack, "sagemaker", f"model-package/{each}/*") for each in names),
                    because="Versions of a model package group are numbered as they are registered.",
                ),
                access.allow(["logs:CreateLogStream", "logs:PutLogEvents"], logs.log_group_arn),
                access.tracing(),
            ],
        )
        resource = cdk.CustomResource(
            self,
            "Resource",
            service_token=function.function_arn,
            resource_type="Custom::EmptiedModelRegistry",
            properties={"Groups": names},
            service_timeout=cdk.Duration.minutes(11),
        )
        resource.node.add_dependency(policy, *groups)
        acknowledge(
            function,
            "Python 3.13 is the version that every function of the project is tested on, and Lambda supports it.",
            "L1",
            "LambdaLatestVersion",
        )
        acknowledge(
            function,
            "Called by CloudFormation alone, which waits for its answer and reports a failed or missing one.",
            "LambdaDLQ",
        )
