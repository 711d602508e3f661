"""Objects of one bucket with their old versions: fetched to disk, replaced only if nobody else did meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lake.privacy.places import Role
from lake.stores import ConflictError

THREADS = 8
_CHUNK = 1 << 20
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409", "NoSuchKey", "404"}
_ABSENT = {"NoSuchKey", "NoSuchVersion", "404"}


@dataclass(frozen=True, slots=True)
class Version:
    """One content of an object. Only the latest can be replaced; `id` is `null` in a bucket without versions."""

    key: str
    tag: str
    id: str
    latest: bool


class Bucket:
    """The bucket `name`; `role` says which of the shop's two it is."""

    def __init__(self, role: Role, name: str) -> None:
        self.role: Role = role
        self.name = name
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        # Emulators answer on one host name, so the bucket goes into the path there.
        style: dict[str, Any] = {"addressing_style": "path"} if endpoint else {}
        config = Config(max_pool_connections=THREADS, retries={"mode": "standard", "max_attempts": 6}, s3=style)
        self._s3 = boto3.client("s3", config=config)

    def versions(self, prefix: str = "") -> Iterator[Version]:
        """Every content there is, deleted objects' included."""
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=prefix):
            for found in page.get("Versions", ()):
                yield Version(found["Key"], found["ETag"].strip('"'), found["VersionId"], found["IsLatest"])

    def fetch(self, version: Version, target: Path) -> str | None:
        """Write the content to `target` and give its tag; of the latest, what is there now. None if it is gone."""
        which = {} if version.latest else {"VersionId": version.id}
        try:
            answer = self._s3.get_object(Bucket=self.name, Key=version.key, **which)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise
        with target.open("wb") as file:
            for chunk in answer["Body"].iter_chunks(_CHUNK):
                file.write(chunk)
        return answer["ETag"].strip('"')

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Content and tag of a small object; None if there is none."""
        try:
            answer = self._s3.get_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise
        return answer["Body"].read(), answer["ETag"].strip('"')

    def replace(self, key: str, source: Path | bytes, expected: str) -> str:
        """Put the content if the object still has the tag `expected`; give the new tag. Raises `ConflictError`."""
        try:
            if isinstance(source, bytes):
                answer = self._s3.put_object(Bucket=self.name, Key=key, Body=source, IfMatch=expected)
            else:
                with source.open("rb") as file:
                    answer = self._s3.put_object(Bucket=self.name, Key=key, Body=file, IfMatch=expected)
        except ClientError as error:
            if _code(error) in _CONFLICTS:
                raise ConflictError(key) from error
            raise
        return answer["ETag"].strip('"')

    def remove(self, version: Version) -> None:
        """Delete this content for good; one that is gone already stays so."""
        which = {} if version.id == "null" else {"VersionId": version.id}
        self._s3.delete_object(Bucket=self.name, Key=version.key, **which)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
