"""Sessions of a job's or an endpoint's role, as SageMaker assumes it."""

from typing import Any

from localemu.aws.connect import connect_to

from shopkeeper_emulator.sagemaker.errors import ValidationError


def assume(role_arn: str, region: str) -> dict[str, str]:
    """Credentials of the role; raises SageMaker's validation error if the role does not trust SageMaker."""
    sts = connect_to(region_name=region).sts.request_metadata(service_principal="sagemaker")
    try:
        return sts.assume_role(RoleArn=role_arn, RoleSessionName="SageMaker")["Credentials"]
    except sts.exceptions.ClientError as error:
        raise ValidationError(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'sagemaker.amazonaws.com' to assume the role."
        ) from error


def client(service: str, credentials: dict[str, str], region: str) -> Any:
    """A client that acts with these credentials; IAM applies."""
    return connect_to(
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    ).get_client(service)
