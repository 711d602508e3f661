"""Objects of a run, and of what runs found, in the models bucket."""

from __future__ import annotations

import itertools
from contextlib import closing
from typing import Any

from botocore.exceptions import ClientError

from functions.common.aws import client
from functions.common.environment import setting


class MissingObjectError(Exception):
    """A job of the run did not write what the next step reads."""


def read(key: str) -> bytes:
    """The object's content. Raises `MissingObjectError` where it does not exist."""
    return _opened(key).read()


def lines(key: str, most: int) -> list[bytes]:
    """The first `most` lines of the object, which is read no further. Raises `MissingObjectError`."""
    with closing(_opened(key)) as body:
        return list(itertools.islice(body.iter_lines(), most))


def write(key: str, content: bytes) -> None:
    """Put JSON in the object's place."""
    bucket = setting("MODELS_BUCKET")
    client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")


def beside(key: str, name: str) -> str:
    """Key of the object `name` in the folder of `key`."""
    return f"{key.rpartition('/')[0]}/{name}"


def _opened(key: str) -> Any:
    bucket = setting("MODELS_BUCKET")
    try:
        return client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        # A role that may not list the bucket is told AccessDenied for an object that does not exist.
        if error.response["Error"]["Code"] in ("NoSuchKey", "404", "AccessDenied"):
            raise MissingObjectError(f"s3://{bucket}/{key} cannot be read: the job before did not write it") from error
        raise
