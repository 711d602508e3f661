"""A container image as a process: its entry point, its environment, its ``/opt/ml`` in a directory of this machine."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from shopkeeper_emulator.settings import aws_environment, base_environment, settings

# The image's ENTRYPOINT. Jobs that name no entry point of their own get it, followed by their arguments.
IMAGE_ENTRYPOINT = ("python", "-m", "training")
_ML = "/opt/ml"
_ISOLATED = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_EC2_METADATA_DISABLED": "true"}  # the discard port


def command(entrypoint: Iterable[str], arguments: Iterable[str], ml_root: Path) -> list[str]:
    """The command line, with this project's interpreter for ``python`` and real paths for those below ``/opt/ml``."""
    first, *rest = [*entrypoint, *arguments]
    program = settings().python if first in ("python", "python3") else first
    return [program, *(str(ml_root) + part.removeprefix(_ML) if part.startswith(_ML) else part for part in rest)]


def local_path(path: str, ml_root: Path) -> Path:
    """Where a path inside the container is on this machine; raises ``ValueError`` for one outside ``/opt/ml``."""
    if not path.startswith(f"{_ML}/"):
        raise ValueError(f"{path} is not below {_ML}")
    return ml_root / path.removeprefix(f"{_ML}/")


def environment(given: Mapping[str, str], session: dict[str, str] | None, region: str, ml_root: Path) -> dict[str, str]:
    """What the process sees: the image's settings, the job's variables and its role's credentials, nothing else.

    Without a session the container is isolated: it has no credentials, and AWS is at an address where nobody answers.
    """
    scratch = ml_root.parent / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    interpreter_directory = str(Path(settings().python).parent)
    base = base_environment()
    aws = aws_environment(session, region) if session else {**_ISOLATED, "AWS_REGION": region}
    return {
        **base,
        "PATH": f"{interpreter_directory}:{base['PATH']}",
        "HOME": os.environ.get("HOME", str(scratch)),
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(settings().code),
        "PYTHONUNBUFFERED": "1",
        "SHOPKEEPER_ML_ROOT": str(ml_root),
        **aws,
        **given,
    }
