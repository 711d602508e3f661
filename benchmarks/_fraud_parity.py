"""The same features by both paths: real payments replayed through the handler, and computed in one pass.

A sample of the Handbook's customers over sixty days, a world of its own: each payment is asked about through the real
function, which counts it, and each label is observed when it becomes known, as ingest does. The decision's snapshot
holds the features of the online path. Compared is every value of every payment: counts, distinct counts and frauds
must be equal, sums and what is made of them within 1e-9.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._assess_store import Store, assessing
from benchmarks._fraud_handbook import events
from benchmarks.harness import Result, data_file, hashes
from commerce.families.fraud import FAMILY
from commerce.streams import Label
from commerce.streams.windows import SECOND
from functions.common import streams
from functions.common.streams import Known
from training.streaming import batch
from training.streaming.batch import AT, FRAUD, ID, LABEL_AT

FIRST, LAST = date(2018, 6, 1), date(2018, 7, 30)
CUSTOMERS = 250
DELAY = 7
ASSESSMENT = FAMILY.assessment


def measure(seed: int) -> Result:
    """The greatest difference, and how many values were compared."""
    assert ASSESSMENT is not None
    path = data_file("fraud_handbook.parquet")
    with tempfile.TemporaryDirectory() as scratch:
        found = events(path, Path(scratch), FIRST, LAST)
        every = found.select("customer_id").distinct().to_pandas()["customer_id"].sort_values()
        chosen = every.sample(CUSTOMERS, random_state=seed).tolist()
        world = found.filter(found["customer_id"].isin(chosen))
        table = world.cache()
        batched = batch.features(table, ASSESSMENT.streams, DELAY).to_pandas().set_index(ID)
        payments = table.select(ID, AT, "customer_id", "device_id", "amount", FRAUD, LABEL_AT).to_pandas()
    online = replayed(payments)
    expected, actual = (frame.sort_index()[list(ASSESSMENT.streams.names)].astype(float) for frame in (batched, online))
    exact = [name for name in expected if any(part in name for part in ("_count_", "_distinct_", "_same_", "_frauds_"))]
    difference = np.abs(expected.to_numpy() - actual.to_numpy()) / np.maximum(1.0, np.abs(expected.to_numpy()))
    empty = expected.isna().to_numpy() != actual.isna().to_numpy()
    unequal = int((np.nan_to_num(difference[:, [expected.columns.get_loc(name) for name in exact]]) > 0).sum())
    figures: dict[str, float | int | None] = {
        "parity.max_difference": float(np.nanmax(difference)),
        "parity.unequal_counts": unequal,
        "parity.empty_in_one": int(empty.sum()),
        "parity.values": int(expected.notna().to_numpy().sum()),
        "parity.payments": len(expected),
    }
    return Result(
        figures,
        {},
        hashes(path),
        [f"parity: {len(expected):,} payments of {CUSTOMERS} customers, {FIRST} to {LAST}; relative where above 1"],
    )


def replayed(payments: pd.DataFrame) -> pd.DataFrame:
    """Features by payment as the function decided on them. A label that comes with a payment comes after it."""
    assert ASSESSMENT is not None
    told: list[tuple[int, int, str, Any]] = []
    for row in payments.itertuples(index=False):
        told.append((row.at, 0, row.event_id, row))
        if not pd.isna(row.label_at):
            told.append((int(row.label_at), 1, row.event_id, row))
    store, found = Store(keeps_lines=True), {}
    with assessing(store) as respond:
        for at, kind, id_, row in sorted(told, key=lambda one: one[:3]):
            now = datetime.fromtimestamp(at // SECOND, UTC) + timedelta(microseconds=at % SECOND)
            if kind == 1:
                label = Known(id_, Label(bool(row.fraud), at))
                streams.observe(store, "counters", ASSESSMENT.streams, [label], now=now)
                continue
            body = {
                "event_id": id_,
                "customer_id": row.customer_id,
                "device_id": row.device_id,
                "amount": row.amount / 10_000,
                "occurred_at": now.isoformat(),
            }
            respond({"httpMethod": "POST", "resource": "/v1/fraud:assess", "body": json.dumps(body)}, now)
            lines = [json.loads(line) for line in store.lines.pop().splitlines()]
            found[id_] = json.loads(lines[1]["properties"])["features"]
    return pd.DataFrame.from_dict(found, orient="index").reindex(columns=list(ASSESSMENT.streams.names))
