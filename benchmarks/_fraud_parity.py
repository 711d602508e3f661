"""The same features by both paths: real payments replayed through the handler, and computed in one pass.

A sample of the Handbook's customers over sixty days, a world of its own: each payment is asked about through the real
function, which counts it, and each label is observed when it becomes known, as ingest does. The decision's snapshot
holds the features of the online path. Compared is every value of every payment: counts, distinct counts and frauds
must be equal, sums and what is made of them within 1e-9. A model that learned from the batch form's values of the first
days is judged on the last ones by either path's values.
"""

from __future__ import annotations

import contextlib
import io
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
from commerce.assessments.parameters import AssessmentParameters
from commerce.families.fraud import FAMILY
from commerce.streams import Label
from commerce.streams.windows import SECOND
from functions.common import streams
from functions.common.streams import Known
from training.assessing import rows
from training.assessing.learning import learned
from training.assessing.model import AssessingModel
from training.contract import ENTITY, LABEL
from training.fraud import FAMILY_MODEL
from training.metrics import average_precision, roc_auc
from training.streaming.batch import AT, FRAUD, ID, LABEL_AT

FIRST, LAST = date(2018, 6, 1), date(2018, 7, 30)
JUDGED = date(2018, 7, 16)
"""First day to judge by; labels of the week before are not in by then."""
CUSTOMERS = 120
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
        table = found.filter(found["customer_id"].isin(chosen))
        after = LAST + timedelta(days=1)
        made = rows.rows(table, ASSESSMENT, after, (after - FIRST).days, DELAY).to_pandas()
        payments = table.select(ID, AT, "customer_id", "device_id", "amount", FRAUD, LABEL_AT).to_pandas()
    batched, online = made.set_index(ENTITY).sort_index(), replayed(payments).sort_index()
    names = list(ASSESSMENT.streams.names)
    expected, actual = (pd.DataFrame(frame[names].astype(float)) for frame in (batched, online))
    exact = [name for name in expected if any(part in name for part in ("_count_", "_distinct_", "_same_", "_frauds_"))]
    difference = np.abs(expected.to_numpy() - actual.to_numpy()) / np.maximum(1.0, np.abs(expected.to_numpy()))
    empty = expected.isna().to_numpy() != actual.isna().to_numpy()
    counted = np.isin(expected.columns.to_numpy(), exact)
    unequal = int((np.nan_to_num(difference[:, counted]) > 0).sum())
    figures: dict[str, float | int | None] = {
        "parity.max_difference": float(np.nanmax(difference)),
        "parity.unequal_counts": unequal,
        "parity.empty_in_one": int(empty.sum()),
        "parity.values": int(expected.notna().to_numpy().sum()),
        "parity.payments": len(expected),
    }
    outcome = payments.set_index(ID)[FRAUD].sort_index().astype(float)
    figures |= _judged(batched.assign(**{LABEL: outcome}), actual, seed)
    return Result(
        figures,
        {},
        hashes(path),
        [f"parity: {len(expected):,} payments of {CUSTOMERS} customers, {FIRST} to {LAST}; relative where above 1"],
    )


def _judged(batched: pd.DataFrame, online: pd.DataFrame, seed: int) -> dict[str, float]:
    """The model's figures on the days from `JUDGED` on, from the values of either path."""
    assert ASSESSMENT is not None
    late = batched[AT] >= rows.start(JUDGED)
    known = batched[batched[AT] < rows.start(JUDGED - timedelta(days=DELAY))].reset_index()
    portable = learned(
        known, ASSESSMENT, AssessmentParameters(), seed, FAMILY_MODEL.trees(int(known[LABEL].to_numpy().sum()))
    )
    model = AssessingModel(FAMILY, portable, AssessmentParameters())
    outcome = batched.loc[late, LABEL].to_numpy()
    asked = {"batch": batched[late], "online": batched[late].assign(**online[late])}
    predicted = {path: model.predict(frame) for path, frame in asked.items()}
    return {f"parity.auc_{path}": roc_auc(outcome, each) for path, each in predicted.items()} | {
        f"parity.ap_{path}": average_precision(outcome, each) for path, each in predicted.items()
    }


def replayed(payments: pd.DataFrame) -> pd.DataFrame:
    """Features by payment as the function decided on them. A label that comes with a payment comes after it."""
    assert ASSESSMENT is not None
    told: list[tuple[int, int, str, dict[str, Any]]] = []
    for row in payments.to_dict("records"):
        told.append((row[AT], 0, row[ID], row))
        if not pd.isna(row[LABEL_AT]):
            told.append((int(row[LABEL_AT]), 1, row[ID], row))
    store, found = Store(keeps_lines=True), {}
    with assessing(store) as respond, contextlib.redirect_stdout(io.StringIO()):
        for at, kind, id_, row in sorted(told, key=lambda one: one[:3]):
            now = datetime.fromtimestamp(at // SECOND, UTC) + timedelta(microseconds=at % SECOND)
            if kind == 1:
                label = Known(id_, Label(bool(row[FRAUD]), at))
                streams.observe(store, "counters", ASSESSMENT.streams, [label], now=now)
                continue
            body = {
                "event_id": id_,
                "customer_id": row["customer_id"],
                "device_id": row["device_id"],
                "amount": row["amount"] / 10_000,
                "occurred_at": now.isoformat(),
            }
            respond({"httpMethod": "POST", "resource": "/v1/fraud:assess", "body": json.dumps(body)}, now)
            lines = [json.loads(line) for line in store.lines.pop().splitlines()]
            found[id_] = json.loads(lines[1]["properties"])["features"]
    return pd.DataFrame.from_dict(found, orient="index").reindex(columns=list(ASSESSMENT.streams.names))
