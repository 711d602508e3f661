"""The emulator as a child process: started, awaited, and ended together with everything it started."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from local.errors import CloudError, PortInUseError

ACCOUNT = "000000000000"
REGION = "us-east-1"
ROOT_KEY = "test"  # the emulator's name for the account's root user; no secret

_READY_SECONDS = 90.0
_STOP_SECONDS = 10.0


class EmulatorProcess:
    """LocalEmu with our extensions on one port, with its state below one directory.

    Attributes:
        endpoint: URL of the emulated AWS.
        root: directory that holds all state and logs of this emulator; emptied at each start.
    """

    def __init__(self, python: Path, *, root: Path, port: int, code: Path) -> None:
        self.root = root.resolve()
        self._code = code.resolve()
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running emulator; raises ``CloudError`` when it is not running."""
        if self._process is None:
            raise CloudError("the local cloud is not running")
        return self._process.pid

    @property
    def log(self) -> Path:
        """What the emulator printed."""
        return self.root / "emulator.log"

    def start(self) -> None:
        """Start without waiting.

        Raises:
            PortInUseError: something else listens on the port.
        """
        _require_free(self.port)
        if self.root.exists():
            shutil.rmtree(self.root)
        (self.root / "tmp").mkdir(parents=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(self._python), "-m", "shopkeeper_emulator"],
                env=self._environment(),
                cwd=self.root,
                stdin=subprocess.PIPE,  # closes when we are gone, which ends the emulator too
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Block until requests are answered; raises ``CloudError`` with the log's end if that never happens."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if not self.alive():
                raise CloudError(f"the emulator ended while starting:\n{self._log_tail()}")
            if self._answers():
                return
            time.sleep(0.05)
        raise CloudError(f"the emulator was not ready after {_READY_SECONDS:.0f} s:\n{self._log_tail()}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_localemu/health", timeout=5):  # noqa: S310 - our own URL
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def alive(self) -> bool:
        """Whether the emulator's process runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the emulator and every process it started; safe to call more than once."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill_group(process.pid)
            process.wait()
        end_leftovers(self.root)

    def _environment(self) -> dict[str, str]:
        """Everything the emulator needs and nothing of ours that it does not: no credentials are passed on."""
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "LC_ALL", "USER")}
        return {
            **kept,
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self.root / "tmp"),
            "FILESYSTEM_ROOT": str(self.root / "emulator"),
            "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "IAM_ENFORCEMENT": "1",
            "ROOT_ACCESS_KEYS": ROOT_KEY,
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            "PROVIDER_OVERRIDE_SAGEMAKER": "process",
            "PROVIDER_OVERRIDE_SAGEMAKER_RUNTIME": "process",
            "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "0",  # what may be passed over is listed, with reasons
            "IN_MEMORY_CLIENT": "1",  # calls between emulated services skip the socket: a fifth less work to deploy
            "DISABLE_EVENTS": "1",  # LocalEmu's usage reports
            "SHOPKEEPER_LOCAL_ROOT": str(self.root),
            "SHOPKEEPER_LOCAL_PYTHON": sys.executable,
            "SHOPKEEPER_LOCAL_CODE": str(self._code),
            "SHOPKEEPER_LOCAL_PORT": str(self.port),
        }

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else "(no log)"


def end_leftovers(root: Path) -> None:
    """Kill the process groups that an emulator noted below ``root`` and did not live to end itself."""
    for note in (root / "processes").glob("*"):
        _kill_group(int(note.name))
        note.unlink(missing_ok=True)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortInUseError(port) from error
