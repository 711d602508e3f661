"""The role under which the containers run: what a training job, a processing job or an endpoint may touch."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from infra import access, naming
from infra.access import Grant


class ContainerRole(Construct):
    """A role for `service` that may pull the image, write SageMaker's logs and metrics, and do `grants`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        description: str,
        image: ecr_assets.DockerImageAsset,
        grants: Sequence[Grant],
        service: str = "sagemaker.amazonaws.com",
        log_group: str = "/aws/sagemaker/*",
    ) -> None:
        super().__init__(scope, id_)
        stack = cdk.Stack.of(self)
        self.role = access.role(self, "Role", service, description)
        unscoped = "has no resource type: IAM accepts only * for it"
        policy = access.grant(
            self,
            self.role,
            [
                *grants,
                access.allow(
                    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                    naming.arn(stack, "logs", f"log-group:{log_group}"),
                    because="The service names log groups by kind of job, and log streams by job as it starts.",
                ),
                access.allow(
                    ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                    image.repository.repository_arn,
                ),
                access.allow(["ecr:GetAuthorizationToken"], "*", because=f"ecr:GetAuthorizationToken {unscoped}."),
                access.allow(
                    ["cloudwatch:PutMetricData"],
                    "*",
                    because=f"cloudwatch:PutMetricData {unscoped}; a condition limits it to SageMaker's namespace.",
                    conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
                ),
            ],
        )
        self.policy = policy
