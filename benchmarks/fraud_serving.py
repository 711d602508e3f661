"""Decisions through the real handler: how long one takes, how many a core makes, and what the state takes.

The function answers by a model of the size that fraud has (two thirds of its trees' time does not depend on what they
learned), with the spec's rules, on simulated payments, on one core. Its stores are in memory (`_assess_store`):
`decision.*` leaves out the time spent in them, `decision.with_store.*` has it. The floor beside it is what any answer
costs: the same bodies parsed and checked, and an answer serialised, without a decision.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tarfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import lightgbm
import numpy as np

from benchmarks._assess_store import Store, assessing
from benchmarks._fraud_serving_state import megabytes
from benchmarks.harness import Result
from commerce.assessments.portable import PORTABLE, Portable
from commerce.families.fraud import FAMILY
from commerce.families.fraud.payment import PaymentQuestion
from commerce.release import Release
from functions.common import releases
from functions.common.http import answer
from functions.common.releases import Pointer
from lake.simulators.payments import PaymentAssumptions, payments
from training.assessing.exporting import of_booster

DAYS = 120
WARM, MEASURED = 10_000, 10_000
ROUNDS, LEAVES = 300, 31
ARTIFACT = "s3://models/runs/fraud/20260101-abcdef/model/output/model.tar.gz"
ASSESSMENT = FAMILY.assessment
COLUMNS = (
    "customer_id", "amount", "currency", "method", "card_fingerprint", "device_id", "ip", "email_domain",
    "shipping_address", "product_id", "ip_country", "shipping_country", "card_country", "coupon",
)  # fmt: skip


def run(seed: int) -> Result:
    """Latencies in milliseconds, decisions a second, and megabytes of state."""
    _one_core()
    bodies = list(_bodies(seed))[: WARM + MEASURED]
    store = _released(seed)
    own, whole = [], []
    outcomes: dict[str, int] = {}
    # The function's own metrics go to its log, which is not what is measured.
    with assessing(store) as respond, contextlib.redirect_stdout(io.StringIO()):
        for number, (now, body) in enumerate(bodies):
            if number == WARM:
                store.reads = 0
            before, begin = store.spent, time.perf_counter()
            reply = respond({"httpMethod": "POST", "resource": "/v1/fraud:assess", "body": body}, now)
            took = time.perf_counter() - begin
            if number >= WARM:
                whole.append(took)
                own.append(took - (store.spent - before))
                outcome = json.loads(reply["body"])["outcome"]
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
    floor = [_floor(body) for _, body in bodies[WARM:]]
    measured = len(whole)
    figures: dict[str, float | int | None] = {
        "decision.p50_ms": _percentile(own, 50),
        "decision.p99_ms": _percentile(own, 99),
        "decision.rps": measured / sum(own),
        "decision.with_store.p50_ms": _percentile(whole, 50),
        "decision.with_store.p99_ms": _percentile(whole, 99),
        "decision.with_store.rps": measured / sum(whole),
        "decision.times_floor": sum(own) / sum(floor),
        "state_reads_per_decision": store.reads / measured,
    }
    figures |= megabytes(seed)
    return Result(
        figures,
        {"parse_and_answer": {"decision.p50_ms": _percentile(floor, 50), "decision.p99_ms": _percentile(floor, 99)}},
        {},
        [
            f"{measured:,} decisions after {WARM:,} others, simulated payments; outcomes {outcomes}; "
            f"{ROUNDS} trees of {LEAVES} leaves, {len(FAMILY.assessment.rules if FAMILY.assessment else ())} rules",
            "one core; a deployed function has DynamoDB's and Firehose's own latency on top",
        ],
    )


def _bodies(seed: int) -> Iterator[tuple[datetime, str]]:
    made = payments(PaymentAssumptions(), days=DAYS, seed=seed, start=date(2025, 1, 1)).tables["payments"]
    for row in made.select(["payment_id", "occurred_at", *COLUMNS]).to_pylist():
        at: datetime = row.pop("occurred_at").astimezone(UTC)
        fields: dict[str, Any] = {name: value for name, value in row.items() if value is not None}
        fields["event_id"] = fields.pop("payment_id")
        fields["amount"] = float(fields["amount"])
        yield at, json.dumps(fields | {"occurred_at": at.isoformat()})


def _released(seed: int) -> Store:
    """A store in which a version of fraud is live: trees of full size, of random rows."""
    assert ASSESSMENT is not None
    rng = np.random.default_rng(seed)
    X = rng.exponential(3.0, (20_000, len(ASSESSMENT.features)))
    X[rng.random(X.shape) < 0.2] = np.nan
    weights = rng.normal(0.0, 1.0, X.shape[1])
    y = (np.nan_to_num(np.log1p(X)) @ weights + rng.normal(0, 1, len(X)) > 3).astype(float)
    settings = {"objective": "binary", "num_leaves": LEAVES, "verbose": -1, "seed": seed, "num_threads": 1}
    forest = of_booster(lightgbm.train(settings, lightgbm.Dataset(X, y), num_boost_round=ROUNDS))
    model = Portable("supervised", ASSESSMENT.features, forest, ((-30.0, 0.0001), (30.0, 0.02)), 0.0)
    store = Store()
    content, packed = model.text().encode(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo(PORTABLE)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    place = ARTIFACT.removeprefix("s3://").split("/", 1)
    store.objects[(place[0], place[1])] = packed.getvalue()
    pointer = Pointer(Release(family="fraud", champion="1", since=datetime(2025, 1, 1, tzinfo=UTC)), {"1": ARTIFACT})
    store.items["releases", "fraud", ""] = releases.to_item(pointer)
    return store


def _floor(body: str) -> float:
    begin = time.perf_counter()
    question = PaymentQuestion.model_validate_json(body, strict=True)
    answer(200, {"event_id": question.event_id, "outcome": "approve"})
    return time.perf_counter() - begin


def _percentile(seconds: list[float], percent: int) -> float:
    return float(np.percentile(seconds, percent) * 1000)


def _one_core() -> None:
    """As a function of 1,769 MB has it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
