"""Ingest: events per second through the real handler, and exactly-once in the lake when everything goes wrong.

Speed: calls of 500 events as Segment's SDKs send them, storage stubbed (every visitor has ten latest actions); CPU
seconds of one core, best of several rounds. `ratio_to_bare` is that speed over the one of JSON parsing and validation
alone (the same schemas, nothing else). Exactly-once: every event is sent three times in random order to a handler
process that is killed in the middle of calls; a call without an answer is sent again, as clients do. What reached the
stream is curated into a lake.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import TypeAdapter

from benchmarks._ingest_storage import Stream, stubbed
from benchmarks.harness import Result
from commerce.actions import DAYS
from commerce.events import PROPERTIES
from commerce.events.envelope import Message, Track
from functions.ingest.handler import handler
from lake import Lake
from lake.curate import curate

CALLS, EVENTS_PER_CALL, ROUNDS = 20, 500, 7
SENT, TIMES, KILLS = 3000, 3, 6
CONTEXT = SimpleNamespace(
    function_name="ingest", memory_limit_in_mb=1024, invoked_function_arn="arn:ingest", aws_request_id="1"
)


def run(seed: int) -> Result:
    """Both measurements. `seed` shapes the events, their order and the kills."""
    rng = random.Random(seed)
    calls = [proxy_event(messages(rng, EVENTS_PER_CALL)) for _ in range(CALLS)]
    ours, bare = rates(calls)
    lost, duplicated, killed = exactly_once(rng)
    return Result(
        figures={
            "events_per_second": round(ours),
            "ratio_to_bare": round(ours / bare, 4),
            "lost": lost,
            "duplicated": duplicated,
        },
        floors={"json_and_validation": {"events_per_second": round(bare)}},
        notes=[
            f"{EVENTS_PER_CALL} events and {len(calls[0]['body']) // 1000} kB a call; CPU time, best of {ROUNDS}",
            f"{SENT} events sent {TIMES} times in random order; the handler was killed {killed} times inside a call",
        ],
    )


def messages(rng: random.Random, number: int) -> list[dict[str, Any]]:
    """A shop's traffic: mostly products looked at, some pages, carts, orders and identities."""
    kinds: list[Callable[[random.Random], dict[str, Any]]] = [_viewed, _page, _added, _order, _identify]
    return [_envelope(rng) | kind(rng) for kind in rng.choices(kinds, weights=(50, 25, 12, 8, 5), k=number)]


def rates(calls: list[dict[str, Any]]) -> tuple[float, float]:
    """(handler, bare parsing and validation), events per CPU second, taking turns."""
    events = EVENTS_PER_CALL * len(calls)
    ours, bare = [], []
    with stubbed(Stream()):
        for _ in range(ROUNDS):
            ours.append(_seconds(lambda: _handle(calls)))
            bare.append(_seconds(lambda: _bare(calls)))
    return events / min(ours), events / min(bare)


def exactly_once(rng: random.Random) -> tuple[int, int, int]:
    """(lost, duplicated, kills) of events delivered by a process that keeps dying."""
    events = messages(rng, SENT)
    copies = [event for event in events for _ in range(TIMES)]
    rng.shuffle(copies)
    calls = [proxy_event(copies[i : i + EVENTS_PER_CALL]) for i in range(0, len(copies), EVENTS_PER_CALL)]
    doomed = set(rng.sample(range(len(calls)), KILLS))
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch, "raw")
        killed = _deliver(raw, calls, doomed, rng)
        lake = Lake.open(Path(scratch, "lake"))
        curate(lake, raw / "events")
        kept = lake.read("events").column("message_id").to_pylist()
    sent = {event["messageId"] for event in events}
    return len(sent - set(kept)), len(kept) - len(set(kept)), killed


def proxy_event(batch: list[dict[str, Any]]) -> dict[str, Any]:
    """A call of the batch route, as API Gateway hands it on."""
    return {
        "httpMethod": "POST",
        "path": "/v1/batch",
        "headers": {"Authorization": "Basic a2V5Og==", "Content-Type": "application/json"},
        "body": json.dumps({"batch": batch, "sentAt": datetime.now(UTC).isoformat()}),
        "isBase64Encoded": False,
    }


def _deliver(raw: Path, calls: list[dict[str, Any]], doomed: set[int], rng: random.Random) -> int:
    """Send every call until it is answered; the calls in `doomed` kill the handler on the first attempt."""
    worker, killed = _worker(raw), 0
    for number, event in enumerate(calls):
        dies_after = rng.randrange(2) if number in doomed else None
        while not _answered(worker, event, dies_after):
            worker.wait()
            killed += 1
            worker, dies_after = _worker(raw), None
    worker.communicate()
    return killed


def _answered(worker: subprocess.Popen[str], event: dict[str, Any], dies_after: int | None) -> bool:
    assert worker.stdin and worker.stdout
    worker.stdin.write(json.dumps({"event": event, "dies_after": dies_after}) + "\n")
    worker.stdin.flush()
    answer = worker.stdout.readline()
    if not answer:
        return False
    told = json.loads(answer)
    assert told["status"] == 200 and not told["body"]["rejected"], told
    return True


def _worker(raw: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks._ingest_worker", str(raw)]
    root = Path(__file__).resolve().parents[1]
    return subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _handle(calls: list[dict[str, Any]]) -> None:
    with redirect_stdout(io.StringIO()):
        for event in calls:
            answer = handler(event, CONTEXT)
            assert answer["statusCode"] == 200 and b'"rejected":[]' in answer["body"].encode()


_ENVELOPE: TypeAdapter[Any] = TypeAdapter(Message)


def _bare(calls: list[dict[str, Any]]) -> None:
    """What cannot be left out: the JSON parsed, the envelope and the known events' properties validated."""
    for event in calls:
        for raw in json.loads(event["body"])["batch"]:
            message = _ENVELOPE.validate_python(raw)
            if isinstance(message, Track) and message.event in PROPERTIES:
                PROPERTIES[message.event].model_validate(message.properties)


def _seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


_START = datetime.now(UTC) - timedelta(days=DAYS)
"""Of late, so that what visitors did is kept with their latest actions."""
_NAMES = ("lamp", "chair", "table", "vase", "mirror", "rug", "clock", "shelf")


def _envelope(rng: random.Random) -> dict[str, Any]:
    at = (_START + timedelta(seconds=rng.randrange(DAYS * 86400))).isoformat(timespec="milliseconds")
    return {
        "messageId": f"{rng.getrandbits(128):032x}",
        "anonymousId": f"{rng.getrandbits(64):016x}",
        "userId": str(rng.randrange(5000)),
        "timestamp": at,
        "context": {
            "library": {"name": "analytics.js", "version": "2.11.1"},
            "page": {"path": "/p", "url": "https://shop.example/p"},
            "sessionId": f"{rng.getrandbits(32):08x}",
            "locale": "en-GB",
        },
        "integrations": {},
    }


def _product(rng: random.Random) -> dict[str, Any]:
    name = rng.choice(_NAMES)
    return {"product_id": str(rng.randrange(900)), "name": name, "category": "home", "price": rng.randrange(999) / 10}


def _viewed(rng: random.Random) -> dict[str, Any]:
    return {"type": "track", "event": "Product Viewed", "properties": _product(rng)}


def _added(rng: random.Random) -> dict[str, Any]:
    return {"type": "track", "event": "Product Added", "properties": _product(rng) | {"quantity": rng.randint(1, 3)}}


def _order(rng: random.Random) -> dict[str, Any]:
    lines = [_product(rng) | {"quantity": rng.randint(1, 3)} for _ in range(rng.randint(1, 5))]
    total = sum(line["price"] * line["quantity"] for line in lines)
    properties = {"order_id": f"{rng.getrandbits(64):016x}", "total": round(total, 2), "currency": "EUR"}
    return {"type": "track", "event": "Order Completed", "properties": properties | {"products": lines}}


def _page(rng: random.Random) -> dict[str, Any]:
    return {"type": "page", "name": "Product", "properties": {"path": f"/p/{rng.randrange(900)}", "title": "Product"}}


def _identify(rng: random.Random) -> dict[str, Any]:
    return {"type": "identify", "traits": {"plan": rng.choice(("plain", "gold")), "country": "GB"}}
