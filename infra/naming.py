"""Names of what is deployed. Everything begins with `shopkeeper-<env>`, so that environments share an account."""

from __future__ import annotations

import aws_cdk as cdk


def prefix(env: str) -> str:
    """Beginning of every physical name of environment `env`."""
    return f"shopkeeper-{env}"


def name(env: str, what: str) -> str:
    """Physical name of `what` in environment `env`; underscores become hyphens."""
    return f"{prefix(env)}-{what.replace('_', '-')}"


def stack(env: str, what: str) -> str:
    """Name of a CloudFormation stack."""
    return f"Shopkeeper-{env}-{what}"


def bucket(scope: cdk.Stack, env: str, what: str) -> str:
    """Bucket names are global, so account and region are part of them."""
    return f"{name(env, what)}-{scope.account}-{scope.region}"


def bucket_arn(scope: cdk.Stack, env: str, what: str) -> str:
    """ARN of the bucket of that name."""
    return f"arn:{scope.partition}:s3:::{bucket(scope, env, what)}"


def arn(scope: cdk.Stack, service: str, resource: str) -> str:
    """ARN of `resource` (such as `key/*`) of `service` in the stack's account and region."""
    return f"arn:{scope.partition}:{service}:{scope.region}:{scope.account}:{resource}"


def pascal(text: str) -> str:
    """`campaign_plan` → `CampaignPlan`: ids in a template, and placeholders of a workflow."""
    return "".join(part.title() for part in text.split("_"))
