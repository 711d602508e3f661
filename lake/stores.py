"""Where objects are kept: a local folder or S3, behind the few operations that the lake needs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock


class ConflictError(Exception):
    """Somebody else changed the object since it was looked at: read it again and retry."""


class Store(Protocol):
    """Objects under one root. A *tag* names one content of an object, as an ETag does."""

    root: str
    threads: int
    """How many operations are worth doing at once."""

    def list(self, prefix: str) -> dict[str, str]:
        """Keys under `prefix` and their tags."""
        ...

    def read(self, key: str) -> tuple[bytes, str]:
        """Content and tag; FileNotFoundError when there is none."""
        ...

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        """Replace the content atomically if its tag is `expected` (None: if there is no object); give the new tag.

        Raises `ConflictError` when somebody else was faster.
        """
        ...

    def file(self, key: str, tag: str) -> Path:
        """A local file with the object's content."""
        ...

    def uri(self, key: str) -> str:
        """The object's address for an engine that reads the store itself."""
        ...

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Keep other writers of `name` waiting, where the store can."""
        ...


def open_store(root: str | Path, cache: Path | None = None) -> Store:
    """The store at `root`: `s3://bucket/prefix`, or a local path, which is made when it is written to.

    `cache` is where copies of S3 objects are kept (default `$SHOPKEEPER_CACHE`, else `~/.cache/shopkeeper`).
    """
    text = str(root)
    if text.startswith("s3://"):
        # boto3 takes a third of a second to import, which local lakes need not pay.
        from lake.s3 import S3Store

        default = os.environ.get("SHOPKEEPER_CACHE") or Path.home() / ".cache" / "shopkeeper"
        return S3Store(text, cache or Path(default))
    if "://" in text:
        raise ValueError(f"cannot open {text!r}: give a local path or s3://bucket/prefix")
    return LocalStore(Path(text))


class LocalStore:
    """Objects as files. Replacing is atomic (rename), and writers of one table wait for each other (file lock)."""

    threads = max(2, min(4, os.cpu_count() or 2))

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._root = root.absolute()

    def list(self, prefix: str) -> dict[str, str]:
        """Files under `prefix`; what a killed writer left behind does not count."""
        found: dict[str, str] = {}
        for folder, _folders, names in (self._root / prefix).walk():
            here = folder.relative_to(self._root).as_posix()
            found |= {f"{here}/{name}": _tag(folder / name) for name in names if not name.startswith(".")}
        return dict(sorted(found.items()))

    def read(self, key: str) -> tuple[bytes, str]:
        path = self._root / key
        tag = _tag(path)
        return path.read_bytes(), tag

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        path = self._root / key
        present = _tag(path) if path.exists() else None
        if present != expected:
            raise ConflictError(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return _tag(path)

    def file(self, key: str, tag: str) -> Path:  # noqa: ARG002 - a local file has one content only
        return self._root / key

    def uri(self, key: str) -> str:
        return str(self._root / key)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        folder = self._root / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{name}.lock"):
            for left_behind in (self._root / name).glob("*/.writing-*"):
                left_behind.unlink(missing_ok=True)
            yield


def _tag(path: Path) -> str:
    status = path.stat()
    return f"{status.st_mtime_ns}-{status.st_size}"
