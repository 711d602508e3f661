"""Permissions of S3 calls, including those on the KMS key of an encrypted bucket.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from collections.abc import Mapping
from typing import Any

from localemu.constants import AWS_REGION_US_EAST_1
from localemu.services.iam_enforcement.service_action_map import map_action
from localemu.services.s3.models import s3_stores

from shopkeeper_emulator.iam.needs import Need, Scope

_READS = frozenset({"GetObject", "HeadObject", "GetObjectAttributes", "CopyObject", "UploadPartCopy"})
_WRITES = frozenset({"PutObject", "CreateMultipartUpload", "CopyObject"})


def _bucket(name: str, scope: Scope) -> Any | None:
    return s3_stores[scope.account][AWS_REGION_US_EAST_1].buckets.get(name)


def _key_arn(bucket: Any | None, scope: Scope) -> str | None:
    """ARN of the customer's key that encrypts the bucket, if one does."""
    rule = getattr(bucket, "encryption_rule", None) or {}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    key = default.get("KMSMasterKeyID")
    if default.get("SSEAlgorithm") != "aws:kms" or not key:
        return None
    return key if key.startswith("arn:") else scope.arn("kms", f"key/{key}")


def _kms(actions: list[str], bucket: Any | None, scope: Scope) -> list[Need]:
    key = _key_arn(bucket, scope)
    via = {"kms:ViaService": f"s3.{scope.region}.amazonaws.com"}
    return [Need(action, key, via) for action in actions] if key else []


def needs(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    """Every permission an S3 call needs."""
    name = request.get("Bucket")
    if not name:
        return [Need(action, "*") for action in map_action("s3", operation)]
    bucket = _bucket(name, scope)
    bucket_arn = f"arn:aws:s3:::{name}"
    key = request.get("Key")
    if operation == "DeleteObjects":
        objects = request.get("Delete", {}).get("Objects", [])
        return [Need(_deleting(o), f"{bucket_arn}/{o['Key']}") for o in objects]
    if operation in ("ListObjects", "ListObjectsV2"):
        return [Need("s3:ListBucket", bucket_arn, {"s3:prefix": request.get("Prefix") or ""})]
    if operation == "ListObjectVersions":
        return [Need("s3:ListBucketVersions", bucket_arn, {"s3:prefix": request.get("Prefix") or ""})]
    if operation in ("CopyObject", "UploadPartCopy"):
        return _copy(request, bucket_arn, bucket, scope)
    if not key:
        return [Need(action, bucket_arn) for action in map_action("s3", operation)]
    if operation == "DeleteObject":
        return [Need(_deleting(request), f"{bucket_arn}/{key}")]
    actions = map_action("s3", operation)
    if operation in ("GetObject", "HeadObject") and request.get("VersionId"):
        actions = ["s3:GetObjectVersion"]
    found = [Need(action, f"{bucket_arn}/{key}") for action in actions]
    if operation in ("GetObject", "HeadObject") and bucket is not None and not bucket.objects.get(key):
        # Whether a key exists is told only to those who may list the bucket; others get 403 instead of 404.
        found.append(Need("s3:ListBucket", bucket_arn))
    if operation in _READS:
        found += _kms(["kms:Decrypt"], bucket, scope)
    if operation in _WRITES:
        found += _kms(["kms:GenerateDataKey"], bucket, scope)
    if operation == "CreateMultipartUpload":
        found += _kms(["kms:Decrypt"], bucket, scope)
    return found


def _deleting(named: Mapping[str, Any]) -> str:
    """A version is deleted for good; without one, a versioned bucket only marks the object."""
    return "s3:DeleteObjectVersion" if named.get("VersionId") else "s3:DeleteObject"


def _copy(request: Mapping[str, Any], bucket_arn: str, bucket: Any | None, scope: Scope) -> list[Need]:
    source = request["CopySource"]
    if isinstance(source, str):
        source_bucket, _, source_key = source.split("?", 1)[0].lstrip("/").partition("/")
    else:
        source_bucket, source_key = source["Bucket"], source["Key"]
    return [
        Need("s3:GetObject", f"arn:aws:s3:::{source_bucket}/{source_key}"),
        Need("s3:PutObject", f"{bucket_arn}/{request['Key']}"),
        *_kms(["kms:Decrypt"], _bucket(source_bucket, scope), scope),
        *_kms(["kms:GenerateDataKey"], bucket, scope),
    ]
