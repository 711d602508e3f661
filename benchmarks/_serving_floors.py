"""The arithmetic that an answer needs, in NumPy on the same arrays, with every id already looked up, nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy import sparse

from benchmarks._serving_questions import Body
from training.recommendations.shop import Shop
from training.recommendations.together import Together

PLACES = 10


def timed(shop: Shop, instances: Sequence[Body]) -> np.ndarray:
    """Seconds of each instance's arithmetic."""
    found = []
    for instance in instances:
        compute = prepared(shop, instance)
        began = time.perf_counter()
        compute()
        found.append(time.perf_counter() - began)
    return np.array(found)


def prepared(shop: Shop, instance: Body) -> Callable[[], np.ndarray]:
    """What is to be computed for an instance: positions of the best products."""
    question, at = instance["question"], shop.catalogue.positions
    profile = instance["profile"] or {"own": [], "new": []}
    listed = [one for kept in (profile["own"], profile["new"]) for one in kept]
    items, chances = at([one[0] for one in listed]), np.array([one[1] for one in listed])
    session = [int(place) for place in at([one["product_id"] for one in instance["actions"]])]
    rows = [(matrix, item) for item in session for matrix in (shop.follows, shop.viewed.pairs_)]
    match question["question"]:
        case "for_you":
            return lambda: _best(*_summed([(items, chances), *_rows(rows)]))
        case "next":
            return lambda: _best(*_summed(_rows(rows)))
        case "also_bought" | "also_viewed" as kind:
            pairs = shop.bought if kind == "also_bought" else shop.viewed
            return lambda: _best(*_strengths(pairs, int(at([question["product_id"]])[0])))
        case "similar":
            item = int(at([question["product_id"]])[0])
            return lambda: _alike(shop, item)
        case "bundles":
            cart = [int(place) for place in at(question["cart"])]
            return lambda: _best(*_summed([_strengths(shop.bought, item) for item in cart]))
        case "buy_again":
            return lambda: _best(items, chances)
        case "trending":
            return lambda: np.argpartition(-shop.trending, PLACES)[:PLACES]
        case "rerank":
            wanted = at(question["products"])
            return lambda: _reranked(wanted, *_summed([(items, chances), *_rows(rows)]))
    raise ValueError(f"there is no arithmetic of {question['question']}")


def _rows(of: Iterable[tuple[sparse.csr_matrix, int]]) -> list[tuple[np.ndarray, np.ndarray]]:
    places = [(matrix, slice(*matrix.indptr[item : item + 2])) for matrix, item in of]
    return [(matrix.indices[row], matrix.data[row]) for matrix, row in places]


def _strengths(pairs: Together, item: int) -> tuple[np.ndarray, np.ndarray]:
    ((others, both),) = _rows([(pairs.pairs_, item)])
    return others, both / np.sqrt(pairs.counts_[item] * pairs.counts_[others])


def _summed(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    distinct, place = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    return distinct, np.bincount(place, np.concatenate([part[1] for part in parts]))


def _best(items: np.ndarray, values: np.ndarray) -> np.ndarray:
    return items[np.argsort(-values)[:PLACES]]


def _alike(shop: Shop, item: int) -> np.ndarray:
    likeness = np.zeros(len(shop.popular), dtype=np.float32)
    ((words, weights),) = _rows([(shop.vectors, item)])
    for (others, values), weight in zip(_rows([(shop.postings, word) for word in words]), weights, strict=True):
        likeness[others] += weight * values
    return np.argpartition(-likeness, PLACES)[:PLACES]


def _reranked(wanted: np.ndarray, items: np.ndarray, values: np.ndarray) -> np.ndarray:
    near = np.minimum(np.searchsorted(items, wanted), len(items) - 1)
    return _best(wanted, np.where(items[near] == wanted, values[near], 0))
