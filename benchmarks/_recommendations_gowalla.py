"""Collaborative filtering on Gowalla: the LightGCN split, all items ranked, those in training masked.

Recall@20 and NDCG@20 are means over users with test items. `GraphFilter`'s parameters are chosen in this run, by
`filter_choice` inside training alone; those of `implicit`'s models, the peers, on such a split as well (`ALS`, `BM25`).
Each contender has a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from benchmarks.harness import Result, data_file, hashes, peak_mb
from training.recommendations.filter_choice import Grid, Tried, choose
from training.recommendations.graph_filter import GraphFilter
from training.recommendations.ranking_metrics import bootstrap_interval, ndcg, recall, top_k

PLACES = 20
THREADS = 2
GRID = Grid()
ALS = {"factors": 512, "regularization": 0.05, "alpha": 10.0, "iterations": 15}
"""The best of ten on a held-out tenth: 128, 256 or 512 factors, alpha 1, 3, 10 or 30, regularization 0.01 to 50."""
BM25 = {"K": 200}
"""The best of 20, 50, 100 and 200 neighbours, likewise."""
_USERS = 1024

Scores = Callable[[np.ndarray], np.ndarray]
"""Numbers of users (n,) → scores of all items (n, items)."""


@dataclass(frozen=True)
class Run:
    """What a contender's process found: places (users, PLACES), seconds, and MiB held at most until it was fitted."""

    ranked: np.ndarray
    fit_seconds: float
    fit_peak_mb: float
    rank_seconds: float


def measure(seed: int) -> Result:
    """The filter beside its floors; intervals over users in the notes."""
    files = (data_file("gowalla/train.parquet"), data_file("gowalla/test.parquet"))
    users, relevant = _asked()
    started = time.perf_counter()
    tried = _apart(_choose, seed)
    best = tried[0]
    notes = [
        f"gowalla: chosen in {time.perf_counter() - started:.0f} s of {len(tried)} combinations, by NDCG on a held-out "
        f"tenth of training: rank {best.rank}, smooth {best.smooth}, sharpen {best.sharpen} (recall {best.recall:.4f}, "
        f"NDCG {best.ndcg:.4f}; the worst {tried[-1].recall:.4f}, {tried[-1].ndcg:.4f})"
    ]
    contenders: dict[str, tuple[Callable[..., Scores], dict[str, Any]]] = {"popularity": (_popularity, {})}
    if importlib.util.find_spec("implicit"):
        contenders |= {"implicit_bm25": (_bm25, BM25), "implicit_als": (_als, ALS)}
    else:
        notes.append("gowalla: `implicit` is not installed, its floors are left out")
    contenders["ours"] = (_filter, {"rank": best.rank, "smooth": best.smooth, "sharpen": best.sharpen})
    figures: dict[str, dict[str, float]] = {}
    for name, (fit, parameters) in contenders.items():
        run = _apart(_run, fit, parameters, seed)
        found = recall(run.ranked, relevant)
        low, high = bootstrap_interval(found, seed)
        notes.append(
            f"gowalla {name}: {len(users):,} users ranked in {run.rank_seconds:.0f} s; recall's 95 % interval "
            f"{low:.4f} to {high:.4f}"
        )
        figures[name] = {
            f"gowalla.recall_at_{PLACES}": float(found.mean()),
            f"gowalla.ndcg_at_{PLACES}": float(ndcg(run.ranked, relevant).mean()),
            "gowalla.fit_seconds": run.fit_seconds,
            "gowalla.fit_peak_mb": run.fit_peak_mb,
        }
    ours = figures.pop("ours")
    return Result(dict(ours), figures, hashes(*files), notes)


def _apart[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `work` returns, done by a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def _choose(seed: int) -> list[Tried]:
    return choose(_interactions(), GRID, seed, places=PLACES, threads=THREADS)


def _run(fit: Callable[..., Scores], parameters: dict[str, Any], seed: int) -> Run:
    interactions = _interactions()
    users, _ = _asked()
    started = time.perf_counter()
    scores = fit(interactions, seed, **parameters)
    fitted, peak = time.perf_counter(), _held_mb()
    ranked = _ranked(scores, interactions, users)
    return Run(ranked, fitted - started, peak, time.perf_counter() - fitted)


def _held_mb() -> float:
    """Most MiB this process has held; unlike `peak_mb` without what it inherits from the one that started it."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), peak_mb())


def _interactions() -> csr_matrix:
    """(users, items), 1 where a pair is in training."""
    train, test = (pd.read_parquet(data_file(f"gowalla/{part}.parquet")) for part in ("train", "test"))
    last = np.concatenate([part[["user", "item"]].to_numpy() for part in (train, test)]).max(axis=0)
    shape = (int(last[0]) + 1, int(last[1]) + 1)
    return csr_matrix((np.ones(len(train), np.float32), (train["user"], train["item"])), shape)


def _asked() -> tuple[np.ndarray, list[np.ndarray]]:
    """Users with test items (n,), and those items."""
    test = pd.read_parquet(data_file("gowalla/test.parquet"))
    by_user = test.groupby("user")["item"].agg(lambda items: items.to_numpy())
    return by_user.index.to_numpy(), by_user.to_list()


def _popularity(interactions: csr_matrix, _seed: int) -> Scores:
    counts = np.asarray(interactions.sum(axis=0)).ravel()
    return lambda users: np.tile(counts, (len(users), 1))


def _filter(interactions: csr_matrix, seed: int, **parameters: Any) -> Scores:
    fitted = GraphFilter(**parameters, threads=THREADS).fit(interactions, seed)
    return lambda users: fitted.scores(csr_matrix(interactions[users]))


def _als(interactions: csr_matrix, seed: int, **parameters: Any) -> Scores:
    from implicit.als import AlternatingLeastSquares  # a floor's library, which may be absent

    with threadpool_limits(1, "blas"):  # the library's own threads do the work; BLAS's would slow them, it warns
        model = AlternatingLeastSquares(**parameters, random_state=seed, num_threads=THREADS)
        model.fit(interactions, show_progress=False)
    return lambda users: np.asarray(model.user_factors[users] @ model.item_factors.T)


def _bm25(interactions: csr_matrix, _seed: int, **parameters: Any) -> Scores:
    from implicit.nearest_neighbours import BM25Recommender  # a floor's library, which may be absent

    model = BM25Recommender(**parameters, num_threads=THREADS)
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
