"""A campaign to 100,000 recipients (`SHOPKEEPER_RECIPIENTS`) through the real handlers and local SES, killed twice.

The real audience and allocate steps choose who is meant from a lake; everybody who must get no letter is among its
customers: unconsenting, unsubscribed, bounced, capped, held out. Then the states Deliver and Settle of the workflow are
followed as `campaign.asl.json` has them: parts go to worker processes that run `functions.deliver`, two at a time; one
worker is killed with SIGKILL after its claim and before the mail service has the letter, another after that and before
the ledger knows. A part whose worker died is left, as the workflow does, and settled in a later round, on the evidence
of SES's events, which come back through SNS, SQS and `functions.interactions`. In the end the whole is run once more
from its start, which must send nothing. What was sent is read from the emulator's outbox.

`seconds_per_1000` is the CPU time of all workers, start, killed ones and second run included: the emulators, which
stand for AWS, are not counted. `ratio_to_bare` is that over the CPU time of rendering the same letters and
nothing else; `wall_seconds_per_1000` is by the clock, emulator included.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks._campaign_cloud import CAMPAIGNS, Place, bar, place, stage
from benchmarks._campaign_shop import CAMPAIGN, LATE, RUN, TEMPLATES, Shop, choose, members, plan, template
from benchmarks.harness import Result
from commerce.campaigns.audience import Member, Part
from commerce.campaigns.shop import Sender
from functions.common import campaigns
from functions.letters.render import LetterTemplate
from functions.letters.values import letter_values
from lake import Lake

WORKERS = 2
KILLS: tuple[tuple[float, str], ...] = ((0.2, "before"), (0.6, "after"))
"""(at which share of the parts, on which side of a send)."""
BARE_LETTERS = 10_000
ROUNDS = 30


def run(seed: int) -> Result:
    """The campaign. `seed` shapes the customers and the moments of the kills."""
    recipients = int(os.environ.get("SHOPKEEPER_RECIPIENTS", "100000"))
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        lake = Lake.open(scratch / "lake")
        shop, made = Shop.of(recipients), plan(recipients, seed)
        shop.fill(lake, rng)
        allocation, parts = choose(made, lake, scratch)
        people = members(parts)
        bare = bare_seconds(made.definition.arms, people, rng)
        with place(scratch) as there:
            manifest = stage(there, made, allocation, parts)
            bar(there, shop)
            told = send(there, manifest, rng)
            sent = Counter(mail.recipients[0] for mail in there.cloud.outbox(bodies=False))
            delivery = campaigns.read(there.client("dynamodb"), CAMPAIGNS, CAMPAIGN)
    return _result(shop, people, sent, told, bare, delivery.delivery if delivery else None)


def _result(
    shop: Shop, people: list[Member], sent: Counter[str], told: dict[str, Any], bare: float, delivery: Any
) -> Result:
    barred = {id_ for group in LATE for id_ in shop.customers[group]}
    expected = {member.email for member in people if member.customer_id not in barred}
    letters = {to: number for to, number in sent.items() if to.endswith("@example.com")}
    count = len(expected)
    per_1000 = told["cpu"] / count * 1000
    return Result(
        figures={
            "recipients": count,
            "missing": len(expected - set(letters)),
            "duplicated": sum(number - 1 for number in letters.values()),
            "forbidden": len(set(letters) - expected),
            "seconds_per_1000": round(per_1000, 3),
            "ratio_to_bare": round(per_1000 / bare, 3),
            "wall_seconds_per_1000": round(told["wall"] / count * 1000, 3),
        },
        floors={"bare_rendering": {"seconds_per_1000": round(bare, 3)}},
        notes=[
            f"{sum(map(len, shop.customers.values())):,} customers, {len(people):,} allocated to a letter, "
            + ", ".join(f"{len(ids):,} {group}" for group, ids in shop.customers.items() if group != "meant"),
            f"{told['killed']} workers killed inside a call; {told['rounds']} rounds of sending, then all run again: "
            f"{told['again']} letters more",
            f"the ledger says: {delivery.model_dump(mode='json') if delivery else 'nothing'}",
        ],
    )


def bare_seconds(arms: list[Any], people: list[Member], rng: random.Random) -> float:
    """CPU seconds to render 1,000 of the letters, nothing else done: subject, HTML and text."""
    sender = Sender(
        name="Example Shop",
        url="https://shop.example",
        address="letters@shop.example",
        postal_address="1 Market Street, 12345 Exampleton",
    )
    compiled = {arm.name: LetterTemplate.compile(template(arm.template_id, TEMPLATES[arm.template_id])) for arm in arms}
    some = rng.sample(people, min(BARE_LETTERS, len(people)))
    values = [
        letter_values(
            sender=sender,
            campaign_name="Benchmark",
            unsubscribe=f"https://api.shop.example/live/v1/unsubscribe?token={'x' * 200}",
            traits=member.traits,
            country=member.country,
        )
        for member in some
    ]
    began = time.process_time()
    for member, said in zip(some, values, strict=True):
        compiled[member.arm].render(said)
    return (time.process_time() - began) / len(some) * 1000


def send(there: Place, manifest: list[Part], rng: random.Random) -> dict[str, Any]:
    """Follow the workflow until everything is sent, then run it again; CPU and wall seconds, kills and rounds."""
    doomed = {1 + int(share * len(manifest)): [rng.randrange(40), side] for share, side in KILLS}
    before, began = _children_cpu(), time.monotonic()
    pool = Workers(there, doomed)
    events = _worker(there, "interactions", there.queue)
    try:
        rounds = _rounds(pool, manifest)
        wall = time.monotonic() - began
        sent = len(there.cloud.outbox(bodies=False))
        campaigns.change(
            there.client("dynamodb"), CAMPAIGNS, CAMPAIGN, lambda c: c.model_copy(update={"status": "sending"})
        )
        _rounds(pool, manifest)
    finally:
        pool.stop()
        cpu = _children_cpu() - before
        events.communicate()
    again = len(there.cloud.outbox(bodies=False)) - sent
    return {"cpu": cpu, "wall": wall, "killed": pool.killed, "rounds": rounds, "again": again}


def _rounds(pool: Workers, manifest: list[Part]) -> int:
    """Deliver every part, settle, wait as long as is said, and again."""
    for number in range(1, ROUNDS + 1):
        list(pool.threads.map(pool.deliver, manifest))
        settled = pool.call("settle", {"campaign_id": CAMPAIGN, "run": RUN})
        assert settled is not None
        if settled["next"] == "measure":
            return number
        assert settled["next"] == "wait", settled
        time.sleep(max(0.0, (datetime.fromisoformat(settled["at"]) - datetime.now(UTC)).total_seconds()))
    raise AssertionError(f"not everything was sent in {ROUNDS} rounds")


class Workers:
    """Worker processes, one for each thread and function that calls; a dead one is replaced at the next call."""

    def __init__(self, there: Place, doomed: dict[int, list[Any]]) -> None:
        self.there, self.doomed, self.killed = there, doomed, 0
        self.processes: dict[tuple[int, str], subprocess.Popen[str]] = {}
        self.lock = threading.Lock()
        self.threads = ThreadPoolExecutor(WORKERS)

    def deliver(self, part: Part) -> None:
        """Deliver a part until its time is not up any more; where the worker dies, the part is left as it is."""
        event = {"campaign_id": CAMPAIGN, "run": RUN, "part": part.model_dump()}
        state: str | None = "more"
        while state == "more":
            with self.lock:
                dies = self.doomed.pop(part.number, None)
            answered = self.call("deliver", event, dies)
            state = answered["state"] if answered else None

    def call(self, function: str, event: dict[str, Any], dies: list[Any] | None = None) -> dict[str, Any] | None:
        """The function's answer, or None where its process died."""
        process = self._process(function)
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"event": event, "dies": dies}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if line:
            return json.loads(line)
        process.wait()
        assert dies is not None, "a worker died that nobody killed"
        with self.lock:
            self.killed += 1
        return None

    def stop(self) -> None:
        """End them all."""
        self.threads.shutdown()
        for process in self.processes.values():
            process.communicate()

    def _process(self, function: str) -> subprocess.Popen[str]:
        place = (threading.get_ident() if function == "deliver" else 0, function)
        with self.lock:
            process = self.processes.get(place)
            if process is None or process.poll() is not None:
                process = self.processes[place] = _worker(self.there, function)
            return process


def _worker(there: Place, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks._campaign_worker", *arguments],
        cwd=Path(__file__).resolve().parents[1],
        env={"PATH": os.environ["PATH"], **there.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _children_cpu() -> float:
    """CPU seconds of every child that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
