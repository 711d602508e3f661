"""A function's package without Docker: locked wheels for the target, `commerce`, shared code, and its own folder.

The wheels are installed once per lock and target below `.shopkeeper/build` and linked into every package. Only that
first installation may reach a package index; uv's own cache usually answers it too. Our own sources are compiled once
per process, for all functions together, and linked as well.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "locks"
BUILD = ROOT / ".shopkeeper" / "build"

_LAYOUT = "stripped, with bytecode and plain modes"
"""Part of the shared folder's name: what an earlier version of this module made is not used again."""

# What no function reads at run time. Licences stay, as their terms ask; RECORD and INSTALLER differ by installer.
_UNNEEDED = shutil.ignore_patterns(
    "__pycache__", "*.pyc", "*.pyi", "py.typed", "tests", "bin", "RECORD", "INSTALLER", "REQUESTED", "WHEEL", ".lock",
    "locale-data",  # Babel's 30 MB, which Liquid imports Babel without: no letter is formatted by locale
)  # fmt: skip


class PackagingError(RuntimeError):
    """A package could not be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where packages run. `platform` is uv's name for it; None is this machine."""

    python: str
    platform: str | None

    @property
    def pip_arguments(self) -> list[str]:
        """uv's options that make it choose wheels for the target and nothing that needs a compiler."""
        platform = ["--python-platform", self.platform] if self.platform else []
        return ["--python-version", self.python, *platform, "--only-binary", ":all:"]


LAMBDA = Target(python="3.13", platform="aarch64-manylinux2014")
HOST = Target(python=f"{sys.version_info.major}.{sys.version_info.minor}", platform=None)


def dependencies(target: Target, lock: Path = LOCKS / "functions.txt", build: Path = BUILD) -> Path:
    """Folder with the wheels of `lock` for `target`, installed and stripped on first use, then shared by functions."""
    if not lock.is_file():
        raise PackagingError(f"{lock} is missing: run `make lock` to pin what functions bundle")
    key = hashlib.sha256("\n".join([lock.read_text("utf-8"), *target.pip_arguments, _LAYOUT]).encode()).hexdigest()[:16]
    ready = build / f"{lock.stem}-{key}"
    if ready.is_dir():
        return ready
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        raw, clean = Path(scratch, "raw"), Path(scratch, "clean")
        command = [find_uv_bin(), "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-config"]
        command += [*target.pip_arguments, "--target", str(raw), "--requirements", str(lock)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise PackagingError(f"the wheels of {lock} could not be installed for {target}:\n{result.stderr.strip()}")
        shutil.copytree(raw, clean, ignore=_UNNEEDED)
        _compile(clean, target)
        _plain_modes(clean)
        try:
            clean.rename(ready)
        except OSError:
            # Another synth finished the same folder first; its content is the same.
            if not ready.is_dir():
                raise
    return ready


def package(
    function: str,
    into: Path,
    target: Target,
    root: Path = ROOT,
    *,
    lock: str = "functions",
    shares: Sequence[str] = (),
) -> Path:
    """Write the package of `functions/<function>` to the folder `into` and return it.

    It holds the wheels of `locks/<lock>.txt`, and of `functions/` its own folder, `common` and those that it `shares`.
    Its handler is `functions.<function>.handler.handler`. Raises `PackagingError` where there is no such function.
    """
    source = root / "functions"
    if not (source / function / "handler.py").is_file():
        raise PackagingError(f"{source / function / 'handler.py'} is missing: every deployed function has a handler")
    wheels = dependencies(target, root / "locks" / f"{lock}.txt")
    ours = Path(_sources(target, root).name)
    shutil.copytree(wheels, into, copy_function=_link, dirs_exist_ok=True)
    shutil.copytree(ours / "commerce", into / "commerce", copy_function=_link)
    kept = {"__init__.py", "__pycache__", "common", *shares, function}
    others = [path.name for path in (ours / "functions").iterdir() if path.name not in kept]
    shutil.copytree(
        ours / "functions",
        into / "functions",
        copy_function=_link,
        ignore=lambda folder, _names: others if Path(folder) == ours / "functions" else [],
    )
    return into


@cache
def _sources(target: Target, root: Path) -> tempfile.TemporaryDirectory[str]:
    """`commerce` and `functions` as packages hold them, in a folder that goes when this process ends.

    Compiling them for each function would take most of a synth's own time.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    scratch = tempfile.TemporaryDirectory(dir=BUILD, prefix="sources-")
    for ours in ("commerce", "functions"):
        shutil.copytree(root / ours, Path(scratch.name, ours), ignore=_UNNEEDED)
    _compile(Path(scratch.name), target)
    _plain_modes(Path(scratch.name))
    return scratch


def _link(source: str, target: str) -> str:
    """Thousands of files of wheels are the same in every package: linked where the disk allows it, else copied."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _plain_modes(folder: Path) -> None:
    """A checkout's umask must not change what is deployed."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _compile(folder: Path, target: Target) -> None:
    """Write the bytecode of `folder`, where this Python's is the target's.

    A function cannot write it where it runs, so without it every cold start compiles every module again (0.9 s more
    for reading scores). Unchecked hashes and paths relative to the package keep the bytes the same at every synth; a
    process of its own keeps out what this one has interned.
    """
    if f"{sys.version_info.major}.{sys.version_info.minor}" != target.python:
        return
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise PackagingError(f"{folder} does not compile:\n{result.stdout.strip()}")
