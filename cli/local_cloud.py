"""The laptop cloud as a process beside a command: started when none runs, stopped with the command that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.console import done, progress
from cli.environment import EnvironmentAbsentError, cloud_file, connect

_STOP_SECONDS = 30


class LocalCloud:
    """A laptop cloud; `process` is None when somebody else started it."""

    def __init__(self, process: subprocess.Popen[str] | None) -> None:
        self._process = process

    def wait(self) -> None:
        """Until it ends, or Ctrl-C."""
        if self._process is not None:
            try:
                self._process.wait()
            except KeyboardInterrupt:
                return


@contextmanager
def running() -> Iterator[LocalCloud]:
    """A laptop cloud for the block: the one that runs, else a new one, stopped at the end."""
    try:
        connect("local")
    except EnvironmentAbsentError:
        pass
    else:
        done("using the local cloud that runs already")
        yield LocalCloud(None)
        return
    process = _start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that `finally` stops the cloud
    try:
        yield LocalCloud(process)
    finally:
        _stop(process)


def assembly() -> Path:
    """The assembly that the laptop cloud deployed."""
    return cloud_file().parent / "assembly"


def _start() -> subprocess.Popen[str]:
    """Start it in a session of its own, so that Ctrl-C reaches it through `_stop` alone, and wait until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "up"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines: list[str] = []
    with progress() as bar:
        task = bar.add_task("local cloud", total=None)
        for line in process.stdout or ():
            lines.append(line.rstrip())
            bar.update(task, description=f"local cloud: {lines[-1][:80]}")
            if lines[-1].startswith("press Ctrl-C"):
                done(next((text for text in lines if text.startswith("local cloud ready")), "local cloud ready"))
                return process
    process.wait()
    raise EnvironmentAbsentError("the local cloud did not start:\n  " + "\n  ".join(lines[-15:]))


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
