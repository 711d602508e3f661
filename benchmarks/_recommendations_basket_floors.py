"""Trivial methods and a library's defaults on the grocer's protocol of `_recommendations_basket`."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.harness import peak_mb
from training.recommendations.ranking_metrics import ndcg, top_k

BLOCK = 256
FORGET_DAYS = 91.0
ALS = {"factors": 64, "regularization": 0.05, "iterations": 20}

Scores = Callable[[np.ndarray], np.ndarray]
"""Dense scores, customers × products, of some customers' rows."""


def floors(
    bought: pd.DataFrame, truth: Mapping[str, pd.DataFrame], places: int, seed: int
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """NDCG by method and task, and what they took; `bought` is `buy_again.purchases`, `truth` relevant pairs by task.

    Popularity counts households; frequency is exp(−age / 13 weeks), ties by popularity.
    """
    customer, customers = pd.factorize(bought["customer_id"], sort=True)
    product, products = pd.factorize(bought["product_id"], sort=True)
    shape = (len(customers), len(products))
    weights = np.exp(-bought["age"].to_numpy() / FORGET_DAYS)
    decayed = sparse.csr_matrix((weights, (customer, product)), shape=shape)
    counts = sparse.csr_matrix((np.ones(len(bought), dtype=np.float32), (customer, product)), shape=shape)
    popular = np.bincount(counts.indices, minlength=len(products)).astype(float)
    methods: dict[str, Scores] = {
        "popularity": lambda rows: np.tile(popular, (len(rows), 1)),
        "recency_frequency": lambda rows: decayed[rows].toarray() + popular * (1e-9 / popular.max()),
    }
    notes = []
    if importlib.util.find_spec("implicit") is None:
        notes.append("completejourney: implicit is not installed, its ALS is left out")
    else:
        started = time.perf_counter()
        methods["implicit_als"] = _als(counts, seed)
        spent = time.perf_counter() - started
        notes.append(f"completejourney: implicit ALS {ALS} fits in {spent:.0f} s; peak so far {peak_mb():,.0f} MiB")
    found: dict[str, dict[str, float]] = {}
    for task, pairs in truth.items():
        rows, relevant = _relevant(pairs, pd.Index(customers), pd.Index(products))
        masked = counts if task == "new" else None
        for name, scores in methods.items():
            if task != "new" or name != "recency_frequency":
                value = float(_values(scores, rows, relevant, masked, places).mean())
                found.setdefault(name, {})[f"completejourney.{task}.ndcg_at_{places}"] = value
    return found, notes


def _relevant(pairs: pd.DataFrame, customers: pd.Index, products: pd.Index) -> tuple[np.ndarray, list[np.ndarray]]:
    row, column = (
        customers.get_indexer(pairs["customer_id"].to_numpy()),
        products.get_indexer(pairs["product_id"].to_numpy()),
    )
    order = np.argsort(row, kind="stable")
    rows, starts = np.unique(row[order], return_index=True)
    return rows, np.split(column[order], starts[1:])


def _values(
    scores: Scores, rows: np.ndarray, relevant: list[np.ndarray], masked: sparse.csr_matrix | None, places: int
) -> np.ndarray:
    values = []
    for start in range(0, len(rows), BLOCK):
        some = rows[start : start + BLOCK]
        dense = scores(some)
        if masked is not None:
            dense[masked[some].nonzero()] = -np.inf
        values.append(ndcg(top_k(dense, places), relevant[start : start + BLOCK]))
    return np.concatenate(values)


def _als(counts: sparse.csr_matrix, seed: int) -> Scores:
    """Confidence 1 + count, as Hu, Koren and Volinsky (ICDM 2008) without a weight."""
    from implicit.als import AlternatingLeastSquares  # pyright: ignore[reportMissingImports]

    model = AlternatingLeastSquares(**ALS, random_state=seed, num_threads=2)
    model.fit(counts, show_progress=False)
    return lambda rows: model.user_factors[rows] @ model.item_factors.T
