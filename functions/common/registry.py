"""SageMaker's Model Registry: one group per family, one package per run, its version the model's name everywhere."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from commerce.family import Family
from functions.common.environment import setting

APPROVED, REJECTED = "Approved", "Rejected"


class UnknownVersionError(Exception):
    """There is no such version, or it was not approved."""


def group(family: Family) -> str:
    """Name of the family's model package group."""
    return f"{setting('MODEL_PACKAGE_GROUP_PREFIX')}-{family.name}"


def version(arn: str) -> str:
    """The version is the last part of a package's ARN."""
    return arn.rpartition("/")[2]


def package_arn(family: Family, number: str, function_arn: str) -> str:
    """ARN of a package, in the partition, region and account of the function that asks."""
    _, partition, _, region, account, *_ = function_arn.split(":")
    return f"arn:{partition}:sagemaker:{region}:{account}:model-package/{group(family)}/{number}"


def approved_artifact(sagemaker: Any, family: Family, number: str, function_arn: str) -> str:
    """Where the artifact of an approved version is (s3://). Raises `UnknownVersionError`."""
    try:
        package = sagemaker.describe_model_package(ModelPackageName=package_arn(family, number, function_arn))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
            raise UnknownVersionError(f"{family.name} has no version {number}") from error
        raise
    status = package["ModelApprovalStatus"]
    if status != APPROVED:
        raise UnknownVersionError(f"version {number} of {family.name} is {status}: only an approved one can be live")
    return package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
