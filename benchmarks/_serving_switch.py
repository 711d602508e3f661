"""A release under load: while customers ask one version, another is rehearsed, and then named by every request.

Requests come at a steady rate, each due at its own moment; how long one took counts from then, so that one that waits
for another is not left out. Three loads take turns: without a switch, with one after the rehearsal that every release
has, and with one that nothing announced, whose first requests wait until the version is read.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks import _serving_load, _serving_questions, _serving_shop
from benchmarks._serving_load import Client, Server
from benchmarks.harness import Result

ITEMS = 100_000
CONNECTIONS = 4
PER_SECOND = 80
SECONDS = 12
ROUNDS = 3
REHEARSED_AT, SWITCHED_AT = 0.25, 0.6
"""Share of the load that is over when the next version is rehearsed, and when requests name it."""

Kind = Literal["steady", "rehearsed", "unannounced"]
KINDS: tuple[Kind, ...] = ("steady", "rehearsed", "unannounced")


@dataclass(frozen=True)
class Outcome:
    """Of one load. `p99` in seconds from the moment a request was due."""

    lost: int
    p99: float
    worst: float


def measure(seed: int) -> Result:
    """Requests lost, and p99 added to that of the same load without a switch; medians of `ROUNDS`."""
    rng = np.random.default_rng(seed)
    popularity = _serving_shop.Popularity.of(ITEMS, rng)
    made = _serving_shop.shop(ITEMS, rng, popularity)
    asking = _serving_questions.Asking(made, popularity, _serving_shop.profiles(200, made, popularity, rng), rng)
    bodies = [_serving_questions.encoded(one) for one in asking.ask("for_you", PER_SECOND * SECONDS)]
    found: dict[Kind, list[Outcome]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as scratch, _serving_load.serving() as server:
        folder = _serving_shop.write(Path(scratch) / "version", made, seed)
        current = _named(folder, "first")
        server.client("first", current).timed(bodies[:50])
        for number in range(ROUNDS):
            for kind in KINDS:
                new = _named(folder, f"{kind}-{number}")
                found[kind].append(load(server, bodies, current, new, kind))
                current = current if kind == "steady" else new
    return _result(found)


def load(server: Server, bodies: Sequence[bytes], current: Path, new: Path, kind: Kind) -> Outcome:
    """One load, from the first request to the last answer."""
    began = time.perf_counter() + 0.1
    length = len(bodies) / PER_SECOND
    switched = began + (length * SWITCHED_AT if kind != "steady" else float("inf"))

    def connection(first: int) -> list[float | None]:
        client = server.client(current.name, current)
        taken: list[float | None] = []
        for number in range(first, len(bodies), CONNECTIONS):
            due = began + number / PER_SECOND
            time.sleep(max(due - time.perf_counter(), 0))
            if time.perf_counter() >= switched:
                client.name(new.name, new)
            taken.append(_taken(client, bodies[number], due))
        client.close()
        return taken

    rehearsal = threading.Timer(
        began + length * REHEARSED_AT - time.perf_counter(), lambda: server.client(new.name, new).timed(bodies[:20])
    )
    if kind == "rehearsed":
        rehearsal.start()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        every = [one for taken in pool.map(connection, range(CONNECTIONS)) for one in taken]
    if kind == "rehearsed":
        rehearsal.join()
    answered = np.array([one for one in every if one is not None])
    return Outcome(len(bodies) - len(answered), float(np.percentile(answered, 99)), float(answered.max()))


def _taken(client: Client, body: bytes, due: float) -> float | None:
    """Seconds since the request was due; None where it was lost."""
    try:
        status, _, _ = client.call(body)
    except (OSError, HTTPException):
        client.connection.close()
        return None
    return time.perf_counter() - due if status == 200 else None


def _named(folder: Path, name: str) -> Path:
    """The same version under another name, which the container has not read yet."""
    place = folder.parent / name
    place.symlink_to(folder)
    return place


def _result(found: dict[Kind, list[Outcome]]) -> Result:
    lost = sum(one.lost for outcomes in found.values() for one in outcomes)
    p99 = {kind: 1000 * float(np.median([one.p99 for one in outcomes])) for kind, outcomes in found.items()}
    worst = {kind: 1000 * max(one.worst for one in outcomes) for kind, outcomes in found.items()}
    return Result(
        figures={
            "version_switch.lost": lost,
            "version_switch.added_p99_ms": p99["rehearsed"] - p99["steady"],
            "version_switch.unannounced_added_p99_ms": p99["unannounced"] - p99["steady"],
            "version_switch.p99_ms": p99["rehearsed"],
        },
        floors={"without a switch": {"version_switch.p99_ms": p99["steady"]}},
        notes=[
            f"version_switch: {PER_SECOND} for_you a second of {ITEMS:,} items on {CONNECTIONS} connections for "
            f"{SECONDS} s, {ROUNDS} times each; slowest answer "
            + ", ".join(f"{kind} {value:,.0f} ms" for kind, value in worst.items())
        ],
    )
