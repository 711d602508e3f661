"""Recommendations as they are served at a grocer (Complete Journey): the whole family, asked through its endpoint.

The weeks, products and truth of `_recommendations_basket`. The family's own code prepares as of the first day of week
49, with the training dates and the choice of retrieval that the workflow would take; every household's profile is then
published as the batch job does, and `for_you` is asked of the endpoint's code, as it comes (`repeat`) and with what was
bought left out (`new`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from benchmarks import _recommendations_basket as basket
from benchmarks.harness import Result, hashes, peak_mb
from commerce.questions import SHOP, Instance
from lake.schema import arrow_schema
from training import frames
from training.recommendations import FAMILY_MODEL
from training.recommendations.ranking_metrics import bootstrap_interval, ndcg

TEST_DAY = date(2017, 11, 27)
"""The Monday on which week 49 begins."""
QUESTIONS: dict[str, dict[str, object]] = {
    "repeat": {"question": "for_you", "limit": basket.PLACES},
    "new": {"question": "for_you", "limit": basket.PLACES, "controls": {"exclude_bought": True}},
}


@dataclass(frozen=True)
class Grocer:
    """The grocer's tables, in the shop's own time."""

    tables: Mapping[str, ibis.Table]

    def table(self, name: str) -> ibis.Table:
        """The table called `name`; empty where the data has none."""
        if name in self.tables:
            return self.tables[name]
        empty = ibis.memtable(arrow_schema(name).empty_table())
        times = [column for column, kind in empty.schema().items() if kind.is_timestamp()]
        return empty.mutate(**{column: empty[column].cast("timestamp(6)") for column in times})  # pyright: ignore


def measure(seed: int) -> Result:
    """NDCG@10 of both questions; 95 % intervals over households, seconds and memory in the notes."""
    folder = basket.folder()
    grocer = Grocer(_tables())
    parameters = FAMILY_MODEL.parameters({})
    started = time.perf_counter()
    # The run of the day on which the test weeks are over: its hold-out begins where they do.
    run_day = TEST_DAY + timedelta(days=parameters.horizon_days)  # pyright: ignore[reportAttributeAccessIssue]
    resolved = FAMILY_MODEL.resolve(grocer, run_day, parameters)
    days = FAMILY_MODEL.dates(grocer, run_day, resolved)
    train = frames.history(FAMILY_MODEL, grocer, days.train, resolved, seed)
    prepared = time.perf_counter()
    context = {name: table.to_pandas() for name, table in FAMILY_MODEL.context(grocer, TEST_DAY, resolved).items()}
    model = FAMILY_MODEL.fit(train, resolved, seed, context)
    fitted = time.perf_counter()
    asked = frames.known(FAMILY_MODEL, grocer, TEST_DAY, resolved)
    published = {entity: profile for entity, profile in model.profiles(asked) if entity != SHOP}
    scored = time.perf_counter()
    interactions, _ = basket.tables(folder)
    known = basket.established(interactions, basket.TEST_WEEK)
    truth = basket.truth(interactions, known)
    figures: dict[str, float | int | None] = {}
    notes = [
        f"completejourney.served: share of new products found: {json.dumps(resolved.model_dump()['compared'])}",
        f"completejourney.served: validated inside training: {json.dumps(model.metrics)}",
        f"completejourney.served: prepared in {prepared - started:.0f} s, fitted in {fitted - prepared:.0f} s, "
        f"profiles in {scored - fitted:.0f} s; peak memory so far {peak_mb():,.0f} MiB",
    ]
    for task, question in QUESTIONS.items():
        values = _ndcg(model, question, published, truth[task])
        key = f"completejourney.served.{task}.ndcg_at_{basket.PLACES}"
        figures[key] = float(values.mean())
        low, high = bootstrap_interval(values, seed, 0.95)
        notes.append(f"{key}: 95 % interval {low:.4f} to {high:.4f}, {len(values):,} households")
    return Result(figures, {}, hashes(folder / "transactions.parquet", folder / "products.parquet"), notes)


def _tables() -> dict[str, ibis.Table]:
    lines, products = basket.raw(basket.folder())
    lines = lines.assign(
        kind="sale",
        customer_id=lines["customer_id"].astype(str),
        product_id=lines["product_id"].astype(str),
        order_id=lines["order_id"].astype(str),
    ).rename(columns={"at": "ordered_at"})
    products = products.assign(product_id=products["product_id"].astype(str), updated_at=pd.Timestamp("2017-01-01"))
    products = products.assign(name=products["subcategory"], price=np.nan, cost=np.nan, active=True, attributes="{}")
    return {"order_lines": ibis.memtable(lines), "products": ibis.memtable(products)}


def _ndcg(model, question: dict[str, object], published: Mapping[str, dict], relevant: pd.DataFrame) -> np.ndarray:
    """Per household with a relevant product; one that the batch job knew nothing of gets what sells."""
    right = relevant.groupby("customer_id")["product_id"].agg(lambda ids: ids.to_numpy())
    customers = [str(customer) for customer in right.index]
    instances = [
        Instance(question={"customer_id": customer, **question}, as_of=TEST_DAY, profile=published.get(customer))
        for customer in customers
    ]
    ranked = np.full((len(customers), basket.PLACES), -1, dtype=np.int64)
    for row, answer in enumerate(model.respond(instances)):
        ids = [int(item.product_id) for item in answer.items]
        ranked[row, : len(ids)] = ids
    return ndcg(ranked, right.to_list())
