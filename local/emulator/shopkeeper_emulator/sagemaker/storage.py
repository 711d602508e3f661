"""Moves a job's data between S3 and its directories, with the job's own permissions.

Semantics: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
"""

import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from shopkeeper_emulator.sagemaker.errors import JobError


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    if not uri.startswith("s3://"):
        raise JobError(f"ClientError: not an S3 URI: {uri}")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def download_prefix(s3: Any, uri: str, target: Path, role_arn: str, region: str) -> None:
    """Copy every object under a prefix to a directory, keeping the structure below the prefix.

    Raises:
        JobError: nothing is there, or the role may not read it; worded as SageMaker does.
    """
    bucket, prefix = split_uri(uri)
    target.mkdir(parents=True, exist_ok=True)
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ()) if not item["Key"].endswith("/")]
        if not keys:
            raise JobError(
                f'ClientError: Data download failed:No S3 objects found under S3 URL "{uri}" given in input data '
                f"source. Please ensure that the bucket exists in the selected region ({region}), that objects exist "
                f'under that S3 prefix, and that the role "{role_arn}" has "s3:ListBucket" permissions on '
                f'bucket "{bucket}".'
            )
        for key in keys:
            download_object(s3, bucket, key, target / _below(prefix, key))
    except ClientError as error:
        raise JobError(f"ClientError: Data download failed:{error}") from error


def download_object(s3: Any, bucket: str, key: str, target: Path) -> None:
    """Copy one object to a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    with target.open("wb") as file:
        for chunk in body.iter_chunks(1 << 20):
            file.write(chunk)


def _below(prefix: str, key: str) -> PurePosixPath:
    if key == prefix:
        return PurePosixPath(PurePosixPath(key).name)
    directory = prefix.rstrip("/") + "/"
    if prefix and key.startswith(directory):
        return PurePosixPath(key.removeprefix(directory))
    return PurePosixPath(key).relative_to(PurePosixPath(prefix).parent)


def upload_directory(s3: Any, source: Path, uri: str) -> None:
    """Copy every file below a directory to a prefix; raises ``JobError`` if the role may not write there."""
    bucket, prefix = split_uri(uri)
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        key = "/".join(part for part in (prefix.rstrip("/"), path.relative_to(source).as_posix()) if part)
        upload_file(s3, path, bucket, key)


def upload_file(s3: Any, path: Path, bucket: str, key: str) -> None:
    """Copy one file to an object; raises ``JobError`` if the role may not write there."""
    try:
        with path.open("rb") as body:
            s3.put_object(Bucket=bucket, Key=key, Body=body)
    except ClientError as error:
        raise JobError(f"ClientError: Failed to upload data to s3://{bucket}/{key}: {error}") from error


def archive(source: Path, target: Path) -> None:
    """Write a directory's content as ``.tar.gz``, as SageMaker does with a model."""
    with tarfile.open(target, "w:gz", compresslevel=1) as tar:
        for path in sorted(source.iterdir()):
            tar.add(path, arcname=path.name)


def extract(source: Path, target: Path) -> None:
    """Unpack a ``.tar.gz``; nothing can land outside the target."""
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(source, "r:gz") as tar:
        tar.extractall(target, filter="data")
