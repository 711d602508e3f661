"""Loaded model versions: the recently used ones kept, within a number and a share of the memory."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse

import boto3

from training import artifact, memory
from training.artifact import Artifact
from training.contract import TrainingError
from training.progress import say

KEPT = 4
SHARE = 0.5
"""Of the memory there is. The rest is for the interpreter and its libraries, requests, and what loading throws away."""
PEAK = 3
"""Times the size of its files: what a version may take while it is read, the files themselves included."""
PATIENCE_SECONDS = 20.0
"""How long a version that is to be loaded waits for requests that still use one which has to go."""

Room = Callable[[int], None]
"""(bytes of the artifact's files) → returns once there is room to read them; raises `VersionError` if never."""
Load = Callable[[str, Room], Artifact]
"""(URI, room) → the artifact. It has the files at hand when it asks for room, and reads them afterwards."""


class VersionError(TrainingError):
    """The version cannot be loaded, whatever it is asked."""


def fetch(uri: str, room: Room) -> Artifact:
    """The artifact at `uri`: s3://bucket/key of a model.tar.gz, or a local path."""
    with ExitStack() as stack:
        parts, place = urlparse(uri), Path(uri)
        if parts.scheme == "s3":
            place = Path(stack.enter_context(tempfile.TemporaryDirectory())) / artifact.ARCHIVE
            boto3.client("s3").download_file(parts.netloc, parts.path.lstrip("/"), str(place))
        folder = stack.enter_context(artifact.unpacked(place))
        room(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))
        return artifact.read(folder)


@dataclass(eq=False)
class _Held:
    """A version that is loading or loaded; `weight` in bytes, `users` requests that wait for it or are answered by it.

    The weight is by how much the process grew while the version was read, and at least the size of its files.
    """

    loaded: Future[Artifact] = field(default_factory=Future)
    weight: int = 0
    users: int = 0


class Versions:
    """A bounded cache that loads a version once, however many ask for it at the same time.

    Whoever asks first loads it in their own thread; whoever asks for a loaded version meanwhile gets it at once. A
    load that fails is forgotten, so that the next request tries again. Versions are read one after the other, so that
    each one's growth is its own. What makes room is the version that nobody asked for longest: it leaves the cache at
    once, and counts until the last request that uses it is answered.
    """

    def __init__(self, load: Load, *, kept: int = KEPT, limit: int | None = None) -> None:
        self._load = load
        self._kept = kept
        self._limit = int(SHARE * memory.available()) if limit is None else limit
        self._reading = threading.Lock()
        self._changed = threading.Condition()
        self._versions: OrderedDict[str, _Held] = OrderedDict()
        self._leaving: list[_Held] = []

    @contextmanager
    def asked(self, uri: str) -> Iterator[Artifact]:
        """The version at `uri`, which stays for as long as the block runs; raises what loading it raised."""
        with self._changed:
            held = self._versions.get(uri)
            mine = held is None
            if held is None:
                held = self._versions[uri] = _Held()
            self._versions.move_to_end(uri)
            held.users += 1
        try:
            if mine:
                self._fill(uri, held)
            yield held.loaded.result()
        finally:
            with self._changed:
                held.users -= 1
                self._leaving = [one for one in self._leaving if one.users]
                self._changed.notify_all()

    def _fill(self, uri: str, held: _Held) -> None:
        try:
            held.loaded.set_result(self._read(uri, held))
        except BaseException as error:  # noqa: BLE001 (whoever waits for the version must hear of it, whatever it was)
            with self._changed:
                held.weight = 0
                if self._versions.get(uri) is held:
                    del self._versions[uri]
            told = VersionError(str(error)) if isinstance(error, TrainingError) else error
            held.loaded.set_exception(told)

    def _read(self, uri: str, held: _Held) -> Artifact:
        with ExitStack() as turn:
            files = before = 0

            def room(size: int) -> None:
                nonlocal files, before
                turn.enter_context(self._reading)
                self._weigh(held, PEAK * size)
                memory.trim()
                files, before = size, memory.resident()

            loaded = self._load(uri, room)
            memory.trim()
            self._weigh(held, max(files, memory.resident() - before if before else 0))
            return loaded

    def _weigh(self, held: _Held, weight: int) -> None:
        """Set the weight, once the others leave room for it."""
        if weight > self._limit:
            raise VersionError(
                f"the version takes {_mib(weight)} of memory, and versions may take {_mib(self._limit)} here: "
                "give the endpoint more memory ([endpoint] in the settings), or train a smaller model"
            )
        with self._changed:
            held.weight = weight
            if not self._changed.wait_for(lambda: self._fits(held), PATIENCE_SECONDS):
                raise VersionError("there is no room for the version: requests still use those that have to go")

    def _fits(self, new: _Held) -> bool:
        """Whether all versions fit; those that nobody asked for longest go until they do, or until none is left."""
        while not (within := self._within(new)):
            oldest = next((u for u, one in self._versions.items() if one is not new and one.loaded.done()), None)
            if oldest is None:
                break
            gone = self._versions.pop(oldest)
            say(f"a version of {_mib(gone.weight)} leaves for another")
            if gone.users:
                self._leaving.append(gone)
        return within

    def _within(self, new: _Held) -> bool:
        loaded = sum(1 for one in self._versions.values() if one is not new and one.loaded.done())
        taken = sum(one.weight for one in (*self._versions.values(), *self._leaving))
        return loaded < self._kept and taken <= self._limit


def _mib(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MiB"
