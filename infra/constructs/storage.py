"""Buckets and tables: encrypted, TLS only, kept or removed as the settings say."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.settings import Retention


def removal(retention: Retention) -> cdk.RemovalPolicy:
    """What CloudFormation does with a resource that holds data when its stack is deleted."""
    return cdk.RemovalPolicy.RETAIN if retention.on_destroy == "retain" else cdk.RemovalPolicy.DESTROY


def empties(retention: Retention) -> bool:
    """Whether what is in a resource goes before the resource, so that its deletion can succeed."""
    return retention.on_destroy == "destroy" and retention.empty_on_destroy


def bucket(
    scope: Construct,
    id_: str,
    *,
    name: str,
    retention: Retention,
    key: kms.Key | None,
    expire: dict[str, int],
    logs: s3.Bucket | None = None,
) -> s3.Bucket:
    """A private bucket. `expire` maps a key prefix to days; `key` None is for access logs, which S3 delivers only
    to buckets with S3's own encryption. Without `logs` the bucket's own accesses are not logged."""
    rules = [
        s3.LifecycleRule(id=f"expire-{(prefix or 'all').strip('/')}", prefix=prefix, expiration=cdk.Duration.days(days))
        for prefix, days in expire.items()
    ]
    rules.append(s3.LifecycleRule(id="abandoned-uploads", abort_incomplete_multipart_upload_after=cdk.Duration.days(3)))
    if retention.versioned:
        rules.append(
            s3.LifecycleRule(
                id="noncurrent",
                noncurrent_version_expiration=cdk.Duration.days(retention.noncurrent_days),
                expired_object_delete_marker=True,
            )
        )
    return s3.Bucket(
        scope,
        id_,
        bucket_name=name,
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
        bucket_key_enabled=True if key else None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=retention.versioned,
        lifecycle_rules=rules,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"{id_.lower()}/" if logs else None,
        removal_policy=removal(retention),
        auto_delete_objects=empties(retention),
    )


def table(
    scope: Construct, id_: str, *, name: str, retention: Retention, key: kms.Key, sort_key: str | None = None
) -> dynamodb.TableV2:
    """An on-demand table with partition key `pk`, point-in-time recovery, and `ttl` (epoch seconds) as its TTL."""
    return dynamodb.TableV2(
        scope,
        id_,
        table_name=name,
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name=sort_key, type=dynamodb.AttributeType.STRING) if sort_key else None,
        billing=dynamodb.Billing.on_demand(),
        encryption=dynamodb.TableEncryptionV2.customer_managed_key(key),  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute="ttl",
        deletion_protection=retention.on_destroy == "retain",
        removal_policy=removal(retention),
    )
