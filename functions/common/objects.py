"""Objects of a run in the models bucket."""

from __future__ import annotations

from botocore.exceptions import ClientError

from functions.common.aws import client
from functions.common.environment import setting


class MissingObjectError(Exception):
    """A job of the run did not write what the next step reads."""


def read(key: str) -> bytes:
    """The object's content. Raises `MissingObjectError` where it does not exist."""
    bucket = setting("MODELS_BUCKET")
    try:
        return client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        # A role that may not list the bucket is told AccessDenied for an object that does not exist.
        if error.response["Error"]["Code"] in ("NoSuchKey", "404", "AccessDenied"):
            raise MissingObjectError(f"s3://{bucket}/{key} cannot be read: the job before did not write it") from error
        raise


def beside(key: str, name: str) -> str:
    """Key of the object `name` in the folder of `key`."""
    return f"{key.rpartition('/')[0]}/{name}"
