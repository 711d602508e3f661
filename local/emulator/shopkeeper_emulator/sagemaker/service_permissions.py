"""What SageMaker itself does with a job's role before and beside the container: pull the image, write metrics.

Nothing is pulled here, but a role that lacks the permission fails here as it would in AWS.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
"""

import re

from shopkeeper_emulator.iam.enforcement import authorize
from shopkeeper_emulator.iam.needs import Need, Scope
from shopkeeper_emulator.sagemaker.errors import JobError

_IMAGE = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[^/]+/(?P<repository>[^:@]+)")
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")


def require_image_access(image: str, role_arn: str, scope: Scope) -> None:
    """Raise ``JobError`` if the role could not pull the image from its registry."""
    match = _IMAGE.match(image)
    if not match:
        return
    repository = f"arn:aws:ecr:{match['region']}:{match['account']}:repository/{match['repository']}"
    needs = [Need("ecr:GetAuthorizationToken", "*"), *(Need(action, repository) for action in _PULL)]
    if refused := authorize(role_arn, needs, scope, "SageMaker"):
        raise JobError(f"ClientError: Cannot pull image {image}: {refused}")


def note_metrics(namespace: str, role_arn: str, scope: Scope) -> None:
    """Record that SageMaker publishes the job's utilisation with its role; without the permission none appears."""
    authorize(
        role_arn, [Need("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": namespace})], scope, "SageMaker"
    )
