"""Objects on S3 (or what speaks like it), guarded by conditional requests and mirrored by ETag for reading.

Whole objects only: a PUT is atomic, `If-None-Match: *` and `If-Match` make read-merge-write safe without locks
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). DuckDB reads the mirrored files, so
no engine extension has to be downloaded.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lake.stores import ConflictError

_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_ABSENT = {"NoSuchKey", "404"}
_KEEP_SECONDS = 24 * 3600


class S3Store:
    """Objects below `s3://bucket/prefix`. Endpoint, region and credentials come from boto3's usual chain."""

    threads = 16

    def __init__(self, root: str, cache: Path) -> None:
        self.root = root.rstrip("/")
        self._bucket, _, prefix = self.root.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        # Emulators answer on one host name, so the bucket goes into the path there.
        style: dict[str, Any] = {"addressing_style": "path"} if endpoint else {}
        config = Config(max_pool_connections=self.threads, retries={"mode": "standard", "max_attempts": 6}, s3=style)
        self._s3 = boto3.client("s3", config=config)
        place = hashlib.sha256(f"{endpoint or ''} {self.root}".encode()).hexdigest()[:16]
        self._cache = cache / "lake" / place

    def list(self, prefix: str) -> dict[str, str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix + prefix)
        objects = (o for page in pages for o in page.get("Contents", ()))
        return {o["Key"].removeprefix(self._prefix): o["ETag"].strip('"') for o in objects}

    def read(self, key: str) -> tuple[bytes, str]:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + key)
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise FileNotFoundError(self.uri(key)) from error
            raise
        return answer["Body"].read(), answer["ETag"].strip('"')

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        guard = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        try:
            answer = self._s3.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=data, **guard)
        except ClientError as error:
            # If-Match on an object that is gone answers 404: it was deleted meanwhile.
            if _code(error) in _CONFLICTS | _ABSENT:
                raise ConflictError(key) from error
            raise
        tag = answer["ETag"].strip('"')
        self._keep(key, tag, data)
        return tag

    def file(self, key: str, tag: str) -> Path:
        path = self._mirrored(key, tag)
        if not path.exists():
            data, found = self.read(key)
            # Between listing and reading somebody may have replaced it: then the newer content is what is read.
            path = self._keep(key, found, data)
        return path

    def uri(self, key: str) -> str:
        return f"{self.root}/{key}"

    def forget(self, key: str) -> None:
        """Delete this machine's copies of the object, whatever content they have."""
        folder, _, name = key.rpartition("/")
        for copy in (self._cache / folder).glob(f"*-{name}"):
            copy.unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:  # noqa: ARG002 - conditional requests guard each object instead
        yield

    def _mirrored(self, key: str, tag: str) -> Path:
        folder, _, name = key.rpartition("/")
        return self._cache / folder / f"{tag}-{name}"

    def _keep(self, key: str, tag: str, data: bytes) -> Path:
        path = self._mirrored(key, tag)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
        # Another process may be reading an older content just now; a day later nobody is.
        for other in path.parent.glob(f"*-{key.rpartition('/')[2]}"):
            if other != path and time.time() - other.stat().st_mtime > _KEEP_SECONDS:
                other.unlink(missing_ok=True)
        return path


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
