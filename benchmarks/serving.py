"""How fast the container answers each question of recommendations on one core, and what the way through the API adds.

A made-up shop of 10 k, 100 k and 1 M items with Zipf's popularity is written as a version's artifact, and `python -m
training serve` answers from it on one core of its own; one keep-alive connection of this process, on another core,
measures from the request to the answer. `cold_ms` is the first answer of a question by a process that has just read the
version, which takes `load_ms`. `p50_ms` and `p99_ms` are medians over windows; `rps` is with several connections that
never pause. `cpu_ms` is the container's CPU time of an answer, whatever else the machine does. `ratio` is p50 over that
of the bare arithmetic (`_serving_floors`). `resident_mb` is the process with the version of 100 k items,
`<size>.resident_mb` that of each. Linux only: cores are pinned, and a process's memory is read from /proc.

`SHOPKEEPER_PARTS` (comma-separated: 10k, 100k, 1m, switch, api) runs some parts only.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import _serving_api, _serving_floors, _serving_load, _serving_questions, _serving_shop, _serving_switch
from benchmarks._serving_load import Client, Server
from benchmarks._serving_questions import Asking, Body
from benchmarks.harness import Result

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
PARTS = (*SIZES, "switch", "api")
CUSTOMERS = 500
WARM_UP = 100
REQUESTS = 500
WINDOWS = 3
CONNECTIONS = 4
FLOOR = "bare arithmetic"
UNANSWERABLE: Body = {"question": {"question": "none"}, "as_of": "2026-03-02"}
"""Makes the container read the version and answers nothing."""


def run(seed: int) -> Result:
    """The parts asked for, as one result. ValueError for a part that there is not."""
    asked = os.environ.get("SHOPKEEPER_PARTS", ",".join(PARTS)).split(",")
    if unknown := sorted(set(asked) - set(PARTS)):
        raise ValueError(f"SHOPKEEPER_PARTS: there is no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    whole = Result({}, notes=[f"load average at the start {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"])
    for name in asked:
        part = _part(name, seed)
        whole.figures |= part.figures
        whole.notes += part.notes
        for floor, values in part.floors.items():
            whole.floors.setdefault(floor, {}).update(values)
    if "100k.resident_mb" in whole.figures:
        whole.figures["resident_mb"] = whole.figures["100k.resident_mb"]
    return whole


def _part(name: str, seed: int) -> Result:
    if name == "switch":
        return _serving_switch.measure(seed)
    return _serving_api.measure(seed) if name == "api" else _size(name, seed)


def _size(name: str, seed: int) -> Result:
    n, rng = SIZES[name], np.random.default_rng(seed)
    popularity = _serving_shop.Popularity.of(n, rng)
    made = _serving_shop.shop(n, rng, popularity)
    asking = Asking(made, popularity, _serving_shop.profiles(CUSTOMERS, made, popularity, rng), rng)
    result = Result({}, {FLOOR: {}})
    with tempfile.TemporaryDirectory() as scratch:
        place = _serving_shop.write(Path(scratch) / "version", made, seed)
        megabytes = sum(path.stat().st_size for path in place.iterdir()) / 1e6
        with _serving_load.serving() as server:
            _cold(name, server, place, asking, result)
            for kind in asking.makers:
                _warm(name, kind, server, place, asking, result)
            result.figures[f"{name}.resident_mb"] = round(server.resident_mb(), 1)
    result.notes.append(f"{name}: the artifact has {megabytes:,.0f} MB")
    return result


def _cold(size: str, server: Server, place: Path, asking: Asking, result: Result) -> None:
    """From the start of the process to the first answer of each question."""
    client = server.client("benchmark", place)
    result.figures[f"{size}.start_ms"] = 1000 * server.started
    result.figures[f"{size}.empty_mb"] = round(server.resident_mb(), 1)
    began = time.perf_counter()
    client.call(_serving_questions.encoded(UNANSWERABLE))
    result.figures[f"{size}.load_ms"] = 1000 * (time.perf_counter() - began)
    for kind in asking.makers:
        (seconds,) = client.timed([_serving_questions.encoded(one) for one in asking.ask(kind, 1)])
        result.figures[f"{kind}.{size}.cold_ms"] = 1000 * float(seconds)
    client.close()


def _warm(size: str, kind: str, server: Server, place: Path, asking: Asking, result: Result) -> None:
    """Answers of a process that has answered such questions before, and the floor in turns with them."""
    clients = [Client(server.port, "benchmark", place) for _ in range(CONNECTIONS)]
    clients[0].timed([_serving_questions.encoded(one) for one in asking.ask(kind, WARM_UP)])
    windows, floors, cpu = [], [], 0.0
    for _ in range(WINDOWS):
        instances = asking.ask(kind, REQUESTS)
        bodies, before = [_serving_questions.encoded(one) for one in instances], server.cpu_seconds()
        windows.append(1000 * clients[0].timed(bodies))
        cpu += server.cpu_seconds() - before
        floors.append(1000 * _serving_floors.timed(asking.of, instances))
    bodies = [_serving_questions.encoded(one) for one in asking.ask(kind, REQUESTS)]
    key = f"{kind}.{size}"
    for percent in (50, 99):
        result.figures[f"{key}.p{percent}_ms"] = _median(windows, percent)
        result.floors[FLOOR][f"{key}.p{percent}_ms"] = _median(floors, percent)
    result.figures[f"{key}.cpu_ms"] = 1000 * cpu / (WINDOWS * REQUESTS)
    result.figures[f"{key}.rps"] = _serving_load.rate(clients, bodies)
    result.figures[f"{key}.ratio"] = _median(windows, 50) / _median(floors, 50)
    for client in clients:
        client.close()


def _median(windows: list[np.ndarray], percent: int) -> float:
    return float(np.median([np.percentile(window, percent) for window in windows]))
