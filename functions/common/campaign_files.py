"""Files of a campaign's runs in the lake bucket."""

from __future__ import annotations

from botocore.exceptions import ClientError
from pydantic import BaseModel, ValidationError

from functions.common.aws import client
from functions.common.environment import setting


class MissingFileError(Exception):
    """A step of the run did not write what is read."""


class MalformedFileError(Exception):
    """A file is not what its readers expect. The message holds nothing of its content, which may be of customers."""


def parsed[Model: BaseModel](model: type[Model], key: str) -> Model:
    """The file in the shape of `model`. Raises `MissingFileError` and `MalformedFileError`."""
    content = read(key)
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        where = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['type']}" for e in wrong[:5])
    raise MalformedFileError(f"{key} is not a {model.__name__}: {where}")


def read(key: str) -> bytes:
    """The file's content. Raises `MissingFileError` where it does not exist."""
    bucket = setting("LAKE_BUCKET")
    try:
        return client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        # A role that may not list the bucket is told AccessDenied for an object that does not exist.
        if error.response["Error"]["Code"] in ("NoSuchKey", "404", "AccessDenied"):
            raise MissingFileError(f"s3://{bucket}/{key} cannot be read: the step before did not write it") from error
        raise


def write(key: str, content: bytes) -> None:
    """Write a JSON file, over the one that is there."""
    client("s3").put_object(Bucket=setting("LAKE_BUCKET"), Key=key, Body=content, ContentType="application/json")


def create(key: str, content: bytes) -> bytes:
    """Write a JSON file that is not there yet; whichever was written first is the answer."""
    bucket = setting("LAKE_BUCKET")
    try:
        client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json", IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
        return read(key)
    return content
