"""Ways of finding new products for a customer from what others bought, and which of them suits this shop.

- `ease`: linear regression of each product on all others (`affinity`)
- `cosine`: item-kNN, cosine of products' customers (Sarwar et al. 2001)
- `rp3beta`: a walk customer → product → customer → product, popular ends damped (Paudel et al., TiiS 2017)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from scipy import sparse

from commerce.families.recommendations.parameters import Retrieval
from training.recommendations.affinity import Affinity
from training.recommendations.sessions.rows import inverse, product, pruned, scaled, transposed

NEIGHBOURS = 300
BETA = 0.6
"""rp3beta's exponent on popularity, about the middle of what its authors found best."""
_BLOCK = 1024
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


def possible(known: sparse.csr_matrix) -> tuple[Retrieval, ...]:
    """The ways that `known` (customers × products) is small enough for."""
    small = min(known.get_shape()) <= MOST_SIDE
    return ("ease", "cosine", "rp3beta") if small else ("cosine", "rp3beta")


def fit(method: Retrieval, known: sparse.csr_matrix, weight: float) -> Scorer:
    """Learn from `known`, customers × products with weights above 0; `weight` is EASE's λ."""
    if method == "ease":
        return Affinity.fit(known, weight)
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
    return sparse.csr_matrix(sparse.vstack(list(_blocks(left, right))), dtype=np.float32)


def _blocks(left: sparse.csr_matrix, right: sparse.csr_matrix) -> Iterator[sparse.csr_matrix]:
    for start in range(0, left.get_shape()[0], _BLOCK):
        block = product(sparse.csr_matrix(left[start : start + _BLOCK]), right)
        rows = np.repeat(np.arange(block.get_shape()[0]), np.diff(block.indptr))
        block.data[block.indices == rows + start] = 0
        block.eliminate_zeros()
        yield pruned(block, NEIGHBOURS)
