"""Child processes of the emulator: each in a process group of its own, noted on disk, all gone when the cloud stops.

A note is a file ``<root>/processes/<pid>``. Whoever finds notes after the emulator died without cleaning up
(``local.process``) knows which groups to end.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from shopkeeper_emulator.settings import settings

_running: dict[int, subprocess.Popen[bytes]] = {}
_lock = threading.Lock()
_closed = threading.Event()


def _note(pid: int) -> Path:
    return settings().root / "processes" / str(pid)


def spawn(
    arguments: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: IO[Any],
    on_exit: Callable[[subprocess.Popen[bytes]], None],
) -> subprocess.Popen[bytes]:
    """Start a program in a new process group; ``on_exit`` is called from a thread once it has ended.

    Raises:
        RuntimeError: the cloud is stopping.
        OSError: the program cannot be started.
    """
    with _lock:
        if _closed.is_set():
            raise RuntimeError("the local cloud is stopping")
        process = subprocess.Popen(
            list(arguments),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _running[process.pid] = process
        note = _note(process.pid)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(" ".join(arguments))

    def wait() -> None:
        process.wait()
        end(process, signal.SIGKILL)  # whatever it left behind in its group
        with _lock:
            _running.pop(process.pid, None)
        note.unlink(missing_ok=True)
        on_exit(process)

    threading.Thread(target=wait, name=f"wait-{process.pid}", daemon=True).start()
    return process


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGKILL) -> None:
    """Signal the process's whole group; does nothing if it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, how)


def end_all() -> None:
    """End every child of this emulator and allow no new one."""
    with _lock:
        _closed.set()
        running = list(_running.values())
    for process in running:
        end(process)
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        _note(process.pid).unlink(missing_ok=True)
