"""Collaborative filtering on Gowalla: the LightGCN split, all items ranked, those in training masked.

Recall@20 and NDCG@20 are means over users with test items. `GraphFilter`'s parameters are its authors' for this data,
and were confirmed inside training alone: a tenth of the pairs held out of it, 2,500 of their users (`CHOSEN`).
Floors: most popular items, and `implicit`'s ALS and BM25 item-kNN where that library is installed.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from benchmarks.harness import Result, data_file, hashes, peak_mb
from training.recommendations.graph_filter import GraphFilter
from training.recommendations.ranking_metrics import bootstrap_interval, ndcg, recall, top_k

PLACES = 20
THREADS = 2
CHOSEN = {"rank": 448, "smooth": 0.2, "sharpen": 2.5}
"""Recall@20 on the held-out tenth: 0.2102; without the low-pass 0.1829, with smooth 0.1 or 0.3 0.2072 and 0.2069, with
sharpen 1.5 0.2083."""
_USERS = 1024

Scores = Callable[[np.ndarray], np.ndarray]
"""Numbers of users (n,) → scores of all items (n, items)."""


def measure(seed: int) -> Result:
    """The filter beside its floors; intervals over users, seconds and memory in the notes."""
    files = (data_file("gowalla/train.parquet"), data_file("gowalla/test.parquet"))
    train, test = (pd.read_parquet(file) for file in files)
    pairs = np.concatenate([train[["user", "item"]].to_numpy(), test[["user", "item"]].to_numpy()])
    shape = (int(pairs[:, 0].max()) + 1, int(pairs[:, 1].max()) + 1)
    interactions = csr_matrix((np.ones(len(train), np.float32), (train["user"], train["item"])), shape)
    by_user = test.groupby("user")["item"].agg(lambda items: items.to_numpy())
    users, relevant = by_user.index.to_numpy(), by_user.to_list()
    figures: dict[str, float | int | None] = {}
    floors: dict[str, dict[str, float]] = {}
    notes = []

    def judge(name: str, fit: Callable[[], Scores]) -> dict[str, float]:
        started = time.perf_counter()
        scores = fit()
        fitted = time.perf_counter() - started
        ranked = _ranked(scores, interactions, users)
        asked = time.perf_counter() - started - fitted
        found = recall(ranked, relevant)
        low, high = bootstrap_interval(found, seed)
        notes.append(
            f"gowalla {name}: fitted in {fitted:.0f} s, {len(users):,} users ranked in {asked:.0f} s; recall's 95 % "
            f"interval {low:.4f} to {high:.4f}; peak memory so far {peak_mb():,.0f} MiB"
        )
        gain = float(ndcg(ranked, relevant).mean())
        return {f"gowalla.recall_at_{PLACES}": float(found.mean()), f"gowalla.ndcg_at_{PLACES}": gain}

    popularity = np.asarray(interactions.sum(axis=0)).ravel()
    floors["popularity"] = judge("popularity", lambda: lambda asked: np.tile(popularity, (len(asked), 1)))
    if importlib.util.find_spec("implicit"):
        floors["implicit_bm25"] = judge("implicit item-kNN BM25", lambda: _bm25(interactions))
        floors["implicit_als"] = judge("implicit ALS", lambda: _als(interactions, seed))
    else:
        notes.append("gowalla: `implicit` is not installed, its floors are left out")
    figures |= judge("graph filter", lambda: _filter(interactions, seed))
    return Result(figures, floors, hashes(*files), notes)


def _filter(interactions: csr_matrix, seed: int) -> Scores:
    fitted = GraphFilter(**CHOSEN, threads=THREADS).fit(interactions, seed)
    return lambda users: fitted.scores(csr_matrix(interactions[users]))


def _als(interactions: csr_matrix, seed: int) -> Scores:
    from implicit.als import AlternatingLeastSquares  # a floor's library, which may be absent

    model = AlternatingLeastSquares(
        factors=256, regularization=0.05, alpha=10.0, iterations=20, random_state=seed, num_threads=THREADS
    )
    model.fit(interactions, show_progress=False)
    return lambda users: np.asarray(model.user_factors[users] @ model.item_factors.T)


def _bm25(interactions: csr_matrix) -> Scores:
    from implicit.nearest_neighbours import BM25Recommender  # a floor's library, which may be absent

    model = BM25Recommender(K=100, num_threads=THREADS)
    model.fit(interactions, show_progress=False)
    return lambda users: csr_matrix(interactions[users] @ model.similarity).toarray()


def _ranked(scores: Scores, interactions: csr_matrix, users: np.ndarray) -> np.ndarray:
    """(users, PLACES): the best items of each, without those in training."""
    ranked = []
    for start in range(0, len(users), _USERS):
        some = users[start : start + _USERS]
        found = np.array(scores(some), dtype=np.float32)
        found[interactions[some].nonzero()] = -np.inf
        ranked.append(top_k(found, PLACES))
    return np.concatenate(ranked)
