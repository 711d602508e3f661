"""Release pointers in DynamoDB: one item per family, with the artifact of every version it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from commerce.release import Release
from functions.common.dynamodb import Item, Key


@dataclass(frozen=True, slots=True)
class Pointer:
    """A release, and where the artifacts of its versions are (s3:// URI by version)."""

    release: Release
    artifacts: dict[str, str] = field(default_factory=dict)


def key(family: str) -> Key:
    """The pointer's key."""
    return {"pk": {"S": family}}


def to_item(pointer: Pointer) -> Item:
    """As stored; versions that are not set are left out."""
    release = pointer.release
    item: Item = key(release.family) | {
        "share": {"N": str(release.share)},
        "since": {"S": release.since.isoformat()},
        "revision": {"N": str(release.revision)},
        "artifacts": {"M": {version: {"S": uri} for version, uri in pointer.artifacts.items()}},
    }
    for name in ("champion", "challenger", "previous"):
        version = getattr(release, name)
        if version is not None:
            item[name] = {"S": version}
    return item


def from_item(item: Item) -> Pointer:
    """As read."""
    release = Release(
        family=item["pk"]["S"],
        champion=item.get("champion", {}).get("S"),
        challenger=item.get("challenger", {}).get("S"),
        previous=item.get("previous", {}).get("S"),
        share=float(item["share"]["N"]),
        since=datetime.fromisoformat(item["since"]["S"]),
        revision=int(item["revision"]["N"]),
    )
    artifacts = item.get("artifacts", {}).get("M", {})
    return Pointer(release, {version: value["S"] for version, value in artifacts.items()})


def read(dynamodb: Any, table: str, family: str) -> Pointer | None:
    """The pointer as it is now, or None before the family's first release."""
    item = dynamodb.get_item(TableName=table, Key=key(family), ConsistentRead=True).get("Item")
    return None if item is None else from_item(item)
