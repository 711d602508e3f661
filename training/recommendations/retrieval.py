"""Ways of finding new products for a customer from what others bought, and which of them suits this shop.

- `ease`: linear regression of each product on all others (`affinity`)
- `cosine`: item-kNN, cosine of products' customers (Sarwar et al. 2001)
- `graph`: a filter on the graph of customers and products (`graph_filter`), where its memory is there
- `rp3beta`: a walk customer → product → customer → product, popular ends damped (Paudel et al., TiiS 2017)
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse

from commerce.families.recommendations.parameters import InMemory
from training.recommendations import memory
from training.recommendations.affinity import Affinity
from training.recommendations.graph_filter import GraphFilter
from training.recommendations.sessions.rows import inverse, product, scaled, transposed

NEIGHBOURS = 300
BETA = 0.6
"""rp3beta's exponent on popularity, about the middle of what its authors found best."""
GRAPH_RANK, GRAPH_SMOOTH, GRAPH_SHARPEN = 64, 0.3, 1.5
"""The rank is small, so that it is cheap; the others are Gowalla's best."""
_BLOCK_CELLS = 32_000_000
"""Of dense products held at a time, 4 bytes each."""
MOST_SIDE = 20_000
"""Customers or products, whichever are fewer, up to which EASE's dense inverse is made: 16 bytes × its square."""


class Scorer(Protocol):
    """Something that scores every product for customers."""

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Some customers × products, float32."""
        ...


class ItemKnn:
    """Scores are a customer's row times `weights` (products × products, sparse)."""

    def __init__(self, known: sparse.csr_matrix, weights: sparse.csr_matrix) -> None:
        self.known = known
        self.weights = weights

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Some customers × products, float32."""
        return product(sparse.csr_matrix(self.known[rows]), self.weights).toarray().astype(np.float32)


class Graph:
    """The graph filter over all customers."""

    def __init__(self, known: sparse.csr_matrix) -> None:
        self.known = known
        self.filter = GraphFilter(GRAPH_RANK, GRAPH_SMOOTH, GRAPH_SHARPEN).fit(known)

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Some customers × products, float32."""
        return self.filter.scores(sparse.csr_matrix(self.known[rows]))


def possible(known: sparse.csr_matrix) -> tuple[InMemory, ...]:
    """The ways that `known` (customers × products) is small enough for."""
    n, m = known.get_shape()
    fits = memory.Size(n, m, known.nnz, GRAPH_RANK).bytes() <= memory.available() // 2
    dense: tuple[InMemory, ...] = ("ease",) if min(n, m) <= MOST_SIDE else ()
    return (*dense, "cosine", "rp3beta", *(("graph",) if fits else ()))


def fit(method: InMemory, known: sparse.csr_matrix, weight: float) -> Scorer:
    """Learn from `known`, customers × products with weights above 0; `weight` is EASE's λ."""
    if method == "ease":
        return Affinity.fit(known, weight)
    if method == "graph":
        return Graph(known)
    return ItemKnn(known, _cosine(known) if method == "cosine" else _rp3beta(known))


def _cosine(known: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(known.multiply(known).sum(axis=0)).ravel())
    unit = sparse.csr_matrix(known @ sparse.diags(inverse(lengths)), dtype=np.float32)
    return _met(transposed(unit), unit)


def _rp3beta(known: sparse.csr_matrix) -> sparse.csr_matrix:
    popular = np.asarray(known.sum(axis=0)).ravel()
    onward = scaled(known, inverse(np.asarray(known.sum(axis=1)).ravel()))
    damped = sparse.csr_matrix(onward @ sparse.diags(inverse(popular) ** BETA), dtype=np.float32)
    return _met(scaled(transposed(known), inverse(popular)), damped)


def _met(left: sparse.csr_matrix, right: sparse.csr_matrix) -> sparse.csr_matrix:
    """left · right without its diagonal, each row's `NEIGHBOURS` largest; in blocks: no full product is held."""
    n, m = left.get_shape()[0], right.get_shape()[1]
    size = max(_BLOCK_CELLS // max(m, 1), 1)
    blocks = [_strongest(left, right, start, min(start + size, n)) for start in range(0, n, size)]
    return sparse.csr_matrix(sparse.vstack(blocks), dtype=np.float32)


def _strongest(left: sparse.csr_matrix, right: sparse.csr_matrix, start: int, end: int) -> sparse.csr_matrix:
    met = product(sparse.csr_matrix(left[start:end]), right).toarray()
    rows = np.arange(end - start)
    met[rows, rows + start] = 0
    count = min(NEIGHBOURS, met.shape[1])
    columns = np.argpartition(-met, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(met, columns, axis=1)
    kept = sparse.csr_matrix((values.ravel(), columns.ravel(), np.arange(len(rows) + 1) * count), shape=met.shape)
    kept.eliminate_zeros()
    return kept
