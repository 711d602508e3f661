"""The next item of anonymous sessions, on Diginetica: the last week's prefixes, ranked among all 43,097 items.

The split of GCE-GNN (Wang et al. 2020): sessions of at least two items, every item seen in training, the last seven
days as test, each session asked after each of its events. Parameters were chosen on the last part of the training
sessions, never on the test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.harness import Result, data_file, hashes, peak_mb
from training.recommendations import ranking_metrics, sources
from training.recommendations.catalogue import LEVELS
from training.recommendations.sessions.log import Prefixes, SessionLog
from training.recommendations.sessions.model import NextItem
from training.recommendations.sessions.rows import inverse, largest, product, scaled, transposed
from training.recommendations.sessions.session_knn import SessionKnn
from training.recommendations.sessions.transitions import LAST_ONLY
from training.recommendations.shop import Shop

K = 20
SESSIONS_A_DAY = 2280.0
"""The lists are in time's order but carry no dates; this is the pace of the seven days of the test."""
BATCH = 1024

Scorer = Callable[[Prefixes], sparse.csr_matrix]


def measure(seed: int) -> Result:
    """Hit rate and reciprocal rank in percent; 95 % intervals in the notes."""
    train_path, test_path = data_file("diginetica/train_sessions.parquet"), data_file("diginetica/test.parquet")
    sessions = [items.tolist() for items in pd.read_parquet(train_path)["items"]]
    test = pd.read_parquet(test_path)
    prefixes, target = [items.tolist() for items in test["prefix"]], test["target"].to_numpy()
    times = np.arange(len(sessions)) / SESSIONS_A_DAY
    started = time.perf_counter()
    model = NextItem(seed=seed, threads=2).fit(sessions, times)
    seconds = time.perf_counter() - started
    ranked = model.rank(prefixes, K)
    ours, lines = _figures(ranked, target, seed)
    memory = peak_mb()
    milliseconds = _single(model, prefixes[:200])
    notes = [
        f"diginetica: {len(sessions):,} sessions, {len(prefixes):,} prefixes asked; 95 % intervals: {lines}",
        f"diginetica: fitted in {seconds:.0f} s, peak memory {memory:,.0f} MiB; one prefix alone {milliseconds:.1f} ms",
    ]
    served, more = _served(sessions, times, prefixes, target, seed)
    notes += more
    floors = {name: _figures(places, target, seed)[0] for name, places in _floors(sessions, prefixes).items()}
    figures: dict[str, float | int | None] = {**ours, **served, "diginetica.fit_seconds": seconds}
    return Result(figures, floors, hashes(train_path, test_path), notes)


def _figures(ranked: np.ndarray, target: np.ndarray, seed: int) -> tuple[dict[str, float], str]:
    relevant = list(target[:, None])
    values = {
        "hr_at_20": 100 * ranking_metrics.hit_rate(ranked, relevant),
        "mrr_at_20": 100 * ranking_metrics.reciprocal_rank(ranked, relevant),
    }
    around = {name: ranking_metrics.bootstrap_interval(each, seed) for name, each in values.items()}
    lines = (f"{name} {values[name].mean():.2f} ({low:.2f} to {high:.2f})" for name, (low, high) in around.items())
    return {f"diginetica.{name}": float(each.mean()) for name, each in values.items()}, ", ".join(lines)


def _served(
    sessions: Sequence[Sequence[int]],
    times: np.ndarray,
    prefixes: Sequence[Sequence[int]],
    target: np.ndarray,
    seed: int,
) -> tuple[dict[str, float], list[str]]:
    """What the endpoint's code answers to `next`, one prefix at a time, with the session's own products."""
    n_items = 1 + max(max(session) for session in sessions)
    shop = Shop.fit(_context(sessions, times, n_items))
    ranked = np.full((len(prefixes), K), -1, dtype=np.int64)
    started = time.perf_counter()
    for row, prefix in enumerate(prefixes):
        found = sources.ordered(sources.session(shop, [("viewed", item) for item in prefix], again=True))
        ranked[row, : min(K, len(found.items))] = found.items[:K]
    seconds = time.perf_counter() - started
    figures, lines = _figures(ranked, target, seed)
    note = f"diginetica: as served {1000 * seconds / len(prefixes):.1f} ms a prefix; 95 % intervals: {lines}"
    return {name.replace("diginetica.", "diginetica.served."): value for name, value in figures.items()}, [note]


def _context(sessions: Sequence[Sequence[int]], times: np.ndarray, n_items: int) -> dict[str, pd.DataFrame]:
    """The sessions as the family's tables: a catalogue of ids alone, visits, and no sales."""
    lengths = [len(session) for session in sessions]
    ids = np.array([f"{item:06d}" for item in range(n_items)])
    unknown = dict.fromkeys(("name", *LEVELS, "price", "cost", "active", "attributes", "stock"))
    return {
        "window": pd.DataFrame({"as_of": ["2016-06-01"]}),
        "catalogue": pd.DataFrame({"product_id": ids, **unknown}),
        "baskets": pd.DataFrame({"basket": [], "product_id": []}),
        "views": pd.DataFrame(
            {
                "visit": np.repeat(np.arange(len(sessions)), lengths),
                "product_id": ids[np.concatenate([np.asarray(session) for session in sessions])],
                "second": np.repeat(times * 86400, lengths),
            }
        ),
        "sales": pd.DataFrame({"product_id": [], "age": [], "lines": []}),
    }


def _single(model: NextItem, prefixes: Sequence[Sequence[int]]) -> float:
    """Median milliseconds of one prefix asked by itself."""
    taken = []
    for prefix in prefixes:
        started = time.perf_counter()
        model.rank([prefix], K)
        taken.append(time.perf_counter() - started)
    return 1000 * float(np.median(taken))


def _floors(sessions: Sequence[Sequence[int]], prefixes: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
    """The K items of each simple method, most popular ones where it has fewer; item ids are their own positions."""
    n_items = 1 + max(max(session) for session in sessions)
    log = SessionLog.of([np.array(s) for s in sessions], np.arange(len(sessions)), n_items)
    asked = Prefixes.of([np.array(p) for p in prefixes], n_items)
    counts = np.bincount(log.items, minlength=n_items)
    popular = np.argsort(-counts, kind="stable")
    share = counts / (counts.max() + 1)
    had = log.incidence()
    cosine = _cosine(had)
    plain = SessionKnn(half_life=np.inf, power=1.0).fit(log)
    scorers: dict[str, Scorer] = {
        "popularity": lambda part: sparse.csr_matrix((len(part), n_items), dtype=np.float32),
        "session_popularity": lambda part: sparse.csr_matrix(part.weights(np.inf).multiply(1 + share)),
        "item_knn_last": lambda part: product(part.weights(LAST_ONLY), cosine),
        "vsknn": plain.scores,
    }
    return {name: _top(score, asked, popular) for name, score in scorers.items()}


def _cosine(had: sparse.csr_matrix) -> sparse.csr_matrix:
    """Items × items, without the diagonal."""
    norm = np.sqrt(inverse(np.asarray(had.sum(axis=0)).ravel()))
    met = scaled(product(transposed(had), had), norm)
    met.data *= norm[met.indices].astype(np.float32)
    met.setdiag(0)
    met.eliminate_zeros()
    return met


def _top(score: Scorer, asked: Prefixes, popular: np.ndarray) -> np.ndarray:
    found = np.concatenate([largest(score(part), K)[0] for part in asked.batches(BATCH)])
    for row in np.flatnonzero(found[:, -1] < 0):
        known = found[row][found[row] >= 0]
        found[row, len(known) :] = popular[: 2 * K][~np.isin(popular[: 2 * K], known)][: K - len(known)]
    return found
