"""A bucket's default encryption, which LocalEmu's CloudFormation leaves out.

Without it no object would be encrypted with the account's key, and a role that may not use the key would pass here
and fail in AWS.
"""

from typing import Any

from localemu.services.s3.resource_providers.aws_s3_bucket import S3BucketProvider


def install() -> None:
    """Let a bucket's creation end with its encryption."""
    create = S3BucketProvider.create

    def create_encrypted(self: S3BucketProvider, request: Any) -> Any:
        event = create(self, request)
        configured = request.desired_state.get("BucketEncryption")
        if configured:
            request.aws_client_factory.s3.put_bucket_encryption(
                Bucket=request.desired_state["BucketName"],
                ServerSideEncryptionConfiguration={
                    "Rules": [_rule(rule) for rule in configured["ServerSideEncryptionConfiguration"]]
                },
            )
        return event

    S3BucketProvider.create = create_encrypted


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """One rule in the S3 API's words: CloudFormation calls the default by another name."""
    named = {name: value for name, value in rule.items() if name != "ServerSideEncryptionByDefault"}
    return {**named, "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
