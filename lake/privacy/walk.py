"""Going through the objects of the shop's buckets, several at once, each on this machine's disk for a moment."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lake.privacy.bucket import THREADS, Bucket, Version
from lake.privacy.places import concerned, turn

_AHEAD = 500


@dataclass(frozen=True, slots=True)
class Object:
    """One content of an object of one bucket."""

    bucket: Bucket
    version: Version

    @property
    def uri(self) -> str:
        """Where it is; a place that names no customer."""
        return f"s3://{self.bucket.name}/{self.version.key}"

    @property
    def identity(self) -> int:
        """Another one for another content."""
        return hash((self.bucket.name, self.version.key, self.version.tag, self.version.id))


def objects(buckets: Iterable[Bucket], *, old: bool = True) -> list[list[Object]]:
    """Everything a customer can be in, in turns; `old` versions too."""
    turns: dict[int, list[Object]] = {}
    for bucket in buckets:
        for version in bucket.versions():
            if (version.latest or old) and concerned(bucket.role, version.key):
                turns.setdefault(turn(bucket.role, version.key), []).append(Object(bucket, version))
    return [turns[n] for n in sorted(turns)]


def each[T](found: list[Object], work: Callable[[Object, Path], T]) -> Iterator[T]:
    """`work` on each object, with an empty folder that is gone afterwards; results in the objects' order."""

    def one(object_: Object) -> T:
        with tempfile.TemporaryDirectory(prefix="privacy-") as scratch:
            return work(object_, Path(scratch))

    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(found), _AHEAD):
            yield from pool.map(one, found[start : start + _AHEAD])
