"""The emulator's own Python environment, made once from a hash-locked file and reused until that file changes.

It is apart from the project's because LocalEmu pins boto3 and brings a fork of moto.
"""

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from local.errors import CloudError

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENT = REPOSITORY / ".venv-local"
LOCK = REPOSITORY / "locks" / "local.txt"
EXTENSIONS = REPOSITORY / "local" / "emulator"


def emulator_python(environment: Path = ENVIRONMENT, *, say: Callable[[str], None] = print) -> Path:
    """The interpreter of the emulator's environment, which is made (about 25 s, 400 MB) if it is absent or outdated.

    Raises:
        CloudError: the environment cannot be made; the message holds what uv said.
    """
    python = environment / "bin" / "python"
    stamp = environment / "lock.sha256"
    wanted = _fingerprint()
    with _alone(environment):
        if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
            _make(environment, python, say)
            stamp.write_text(wanted)
    return python


@contextlib.contextmanager
def _alone(environment: Path) -> Iterator[None]:
    """One process at a time looks at or makes the environment; the others wait."""
    with environment.with_name(f"{environment.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(environment: Path, python: Path, say: Callable[[str], None]) -> None:
    say(f"making the emulator's environment in {environment.name} (once)")
    uv = _uv()
    _run([uv, "venv", "--quiet", "--clear", "--python", _interpreter(uv), str(environment)])
    install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    _run([*install, "--require-hashes", "-r", str(LOCK)])
    _run([*install, "--no-deps", "--no-build-isolation", "--editable", str(EXTENSIONS)])


def _fingerprint() -> str:
    """Changes when a pinned package or an entry point does; the extensions' code is used in place."""
    digest = hashlib.sha256(LOCK.read_bytes())
    digest.update((EXTENSIONS / "pyproject.toml").read_bytes())
    digest.update(f"{sys.version_info[:2]} {EXTENSIONS}".encode())
    return digest.hexdigest()


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise CloudError("uv is missing: install it into the project's environment (pip install uv) and try again")
    return found


def _interpreter(uv: str) -> str:
    """3.13, which the functions run on in AWS, wherever it is; else what runs us, if LocalEmu supports that."""
    if sys.version_info[:2] == (3, 13):
        return sys.executable
    found = subprocess.run(
        [uv, "python", "find", "--no-python-downloads", "3.13"], capture_output=True, text=True, check=False
    )
    if found.returncode == 0:
        return found.stdout.strip()
    if sys.version_info[:2] == (3, 12):
        return sys.executable
    raise CloudError("the local cloud needs Python 3.12 or 3.13; install one (uv python install 3.13) and try again")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CloudError(f"{' '.join(command[1:4])} failed: {done.stderr.strip()[-2000:]}")
