"""Deletes the versions of model package groups before CloudFormation deletes the groups, which AWS refuses otherwise.

A custom resource (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html): creating and
updating do nothing; whatever happens is answered, for CloudFormation waits for an answer.
"""

import json
import urllib.request

import boto3


def handler(event, context):
    """`ResourceProperties.Groups` names the groups."""
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": event.get("PhysicalResourceId") or event["RequestId"]}
    try:
        if event["RequestType"] == "Delete":
            for group in event["ResourceProperties"]["Groups"]:
                empty(boto3.client("sagemaker"), group)
    except Exception as error:  # noqa: BLE001 - the answer carries it
        answer |= {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error} ({context.log_stream_name})"}
    # The address is CloudFormation's own, signed for this one answer.
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")  # noqa: S310
    urllib.request.urlopen(request, timeout=10)  # noqa: S310


def empty(sagemaker, group):
    """Delete every version of `group`."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for arn in [package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"]]:
        sagemaker.delete_model_package(ModelPackageName=arn)
