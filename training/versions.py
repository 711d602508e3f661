"""Loaded model versions, the recently used ones kept."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from urllib.parse import urlparse

import boto3

from training import artifact
from training.artifact import Artifact

KEPT = 4


def fetch(uri: str) -> Artifact:
    """The artifact at `uri`: s3://bucket/key of a model.tar.gz, or a local path."""
    parts = urlparse(uri)
    if parts.scheme != "s3":
        return artifact.read(Path(uri))
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / artifact.ARCHIVE
        boto3.client("s3").download_file(parts.netloc, parts.path.lstrip("/"), str(archive))
        return artifact.read(archive)


class Versions:
    """A bounded cache that loads a version once, however many ask for it at the same time.

    Whoever asks first loads it in their own thread; whoever asks for a loaded version meanwhile gets it at once. A
    load that fails is forgotten, so that the next request tries again.
    """

    def __init__(self, load: Callable[[str], Artifact], kept: int = KEPT) -> None:
        self._load = load
        self._kept = kept
        self._lock = threading.Lock()
        self._versions: OrderedDict[str, Future[Artifact]] = OrderedDict()

    def get(self, uri: str) -> Artifact:
        """The version at `uri`; raises what loading it raised."""
        with self._lock:
            future = self._versions.get(uri)
            mine = future is None
            if future is None:
                future = self._versions[uri] = Future()
            self._versions.move_to_end(uri)
            while len(self._versions) > self._kept:
                self._versions.popitem(last=False)
        if mine:
            self._fill(uri, future)
        return future.result()

    def _fill(self, uri: str, future: Future[Artifact]) -> None:
        try:
            future.set_result(self._load(uri))
        except BaseException as error:  # noqa: BLE001 (whoever waits for the version must hear of it, whatever it was)
            with self._lock:
                if self._versions.get(uri) is future:
                    del self._versions[uri]
            future.set_exception(error)
