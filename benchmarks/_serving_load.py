"""The container's server as a process on one core, and a client on another that measures what it answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

from training.entrypoints.serve import ATTRIBUTES

ROOT = Path(__file__).parents[1]
START_SECONDS = 120
CALL_SECONDS = 300
"""The first call loads a version."""


def cores() -> tuple[int, int]:
    """(the server's, the client's): the same where there is one only."""
    there_are = sorted(os.sched_getaffinity(0))
    return there_are[0], there_are[-1]


@dataclass(frozen=True)
class Server:
    """A running container. `started` seconds passed until it answered pings."""

    process: subprocess.Popen[bytes]
    port: int
    started: float

    def resident_mb(self) -> float:
        """What it holds in memory now, in MiB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def client(self, version: str, place: Path) -> Client:
        """A connection that asks one version."""
        return Client(self.port, version, place)


@contextmanager
def serving() -> Iterator[Server]:
    """`python -m training serve` on the server's core; this process moves to the client's."""
    own, others = cores()
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {own})
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "training", "serve"],
        cwd=ROOT,
        env=os.environ | {"SAGEMAKER_BIND_TO_PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    os.sched_setaffinity(0, {others})
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() > began + START_SECONDS:
                raise RuntimeError("the container does not serve")
            time.sleep(0.01)
        yield Server(process, port, time.perf_counter() - began)
    finally:
        os.sched_setaffinity(0, before)
        process.terminate()
        process.wait()


class Client:
    """One keep-alive connection to the container."""

    def __init__(self, port: int, version: str, place: Path) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=CALL_SECONDS)
        self.name(version, place)

    def name(self, version: str, place: Path) -> None:
        """Ask this version from now on."""
        asked = json.dumps({"version": version, "model_uri": str(place)})
        self.headers = {"Content-Type": "application/json", ATTRIBUTES: asked}

    def call(self, body: bytes) -> tuple[int, bytes, float]:
        """(status, body, seconds) of the answer."""
        began = time.perf_counter()
        self.connection.request("POST", "/invocations", body, self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        return response.status, answer, time.perf_counter() - began

    def timed(self, bodies: Sequence[bytes]) -> np.ndarray:
        """Seconds of each; RuntimeError at the first that is refused."""
        return np.array([self._answered(body) for body in bodies])

    def _answered(self, body: bytes) -> float:
        status, answer, seconds = self.call(body)
        if status != 200:
            raise RuntimeError(f"the container answered {status}: {answer[:500].decode()}")
        return seconds

    def close(self) -> None:
        """End the connection."""
        self.connection.close()


def rate(clients: Sequence[Client], bodies: Sequence[bytes]) -> float:
    """Requests per second with every client asking without a pause."""
    with ThreadPoolExecutor(len(clients)) as pool:
        began = time.perf_counter()
        shares = [bodies[number :: len(clients)] for number in range(len(clients))]
        list(pool.map(lambda pair: pair[0].timed(pair[1]), zip(clients, shares, strict=True)))
        return len(bodies) / (time.perf_counter() - began)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except OSError:
        return False
