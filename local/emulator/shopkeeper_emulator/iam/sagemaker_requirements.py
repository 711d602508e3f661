"""Permissions of SageMaker calls; creating a job also passes its role.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from collections.abc import Mapping
from typing import Any

from shopkeeper_emulator.iam.needs import Need, Scope

# Request parameter that names the resource -> resource type in its ARN. The first present one counts.
_NAMED = {
    "ProcessingJobName": "processing-job",
    "TrainingJobName": "training-job",
    "TransformJobName": "transform-job",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageName": "model-package",
    "ModelPackageGroupName": "model-package-group",
}
_WITHOUT_RESOURCE = frozenset({"ListModelPackages", "ListModelPackageGroups"})


def needs(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    """Every permission a SageMaker control-plane or runtime call needs."""
    action = f"sagemaker:{operation}"
    found = [Need(action, _resource(operation, request, scope))]
    if request.get("Tags") and operation.startswith("Create"):
        found.append(Need("sagemaker:AddTags", found[0].resource))
    role = request.get("RoleArn") or request.get("ExecutionRoleArn")
    if role and operation.startswith("Create"):
        found.append(Need("iam:PassRole", role, {"iam:PassedToService": "sagemaker.amazonaws.com"}))
    return found


def _resource(operation: str, request: Mapping[str, Any], scope: Scope) -> str:
    if operation in _WITHOUT_RESOURCE:
        return "*"
    if arn := request.get("ModelPackageArn") or request.get("ResourceArn"):
        return arn
    if operation == "CreateModelPackage" and "ModelPackageGroupName" in request:
        group = request["ModelPackageGroupName"].rsplit("/", 1)[-1]
        return scope.arn("sagemaker", f"model-package/{group}/*")
    for parameter, kind in _NAMED.items():
        if name := request.get(parameter):
            return name if name.startswith("arn:") else scope.arn("sagemaker", f"{kind}/{name}")
    return "*"
