"""Items near each other in a factorised co-occurrence space: reaches pairs that never met in one session.

Truncated SVD of the shifted positive pointwise mutual information, which is what word2vec factorises implicitly (Levy
and Goldberg 2014, "Neural word embedding as implicit matrix factorization").
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from training.recommendations.sessions.log import Prefixes, SessionLog
from training.recommendations.sessions.rows import inverse, product, row_of_entry
from training.recommendations.sessions.transitions import counts

_BLOCK = 1024


class Embedding:
    """`smoothing` is the exponent on the context's frequency; `neighbours` are kept per item."""

    def __init__(
        self,
        size: int = 128,
        max_lag: int = 10,
        lag_decay: float = 3.0,
        half_life: float = 90.0,
        smoothing: float = 0.75,
        neighbours: int = 100,
        prefix_decay: float = 1.5,
        seed: int = 0,
    ) -> None:
        self.size = size
        self.max_lag = max_lag
        self.lag_decay = lag_decay
        self.half_life = half_life
        self.smoothing = smoothing
        self.neighbours = neighbours
        self.prefix_decay = prefix_decay
        self.seed = seed

    def fit(self, log: SessionLog) -> Self:
        """Factorise; `vectors_` is items × size with rows of length 1, or 0 for an item without company."""
        met = counts(log, "both", self.max_lag, self.lag_decay, self.half_life)
        total = np.asarray(met.sum(axis=1), dtype=np.float64).ravel()
        context = total**self.smoothing
        expected = total[row_of_entry(met)] * context[met.indices] / max(context.sum(), 1e-12)
        met.data = np.maximum(np.log(met.data / expected), 0).astype(np.float32)
        met.eliminate_zeros()
        size = min(self.size, max(log.n_items - 1, 1))
        left, values, _ = randomized_svd(met, size, random_state=self.seed)
        # A row without company comes out as rounding noise, which the division by its length would blow up.
        vectors = np.where(total[:, None] > 0, left * np.sqrt(values), 0)
        self.vectors_ = (vectors * inverse(np.linalg.norm(vectors, axis=1))[:, None]).astype(np.float32)
        self.weights_ = self._nearest()
        return self

    def scores(self, prefixes: Prefixes) -> sparse.csr_matrix:
        """Prefixes × items."""
        return product(prefixes.weights(self.prefix_decay), self.weights_)

    def _nearest(self) -> sparse.csr_matrix:
        """Items × items: the cosines of each item's nearest others."""
        n = len(self.vectors_)
        k = min(self.neighbours, n)
        parts = []
        for start in range(0, n, _BLOCK):
            cosine = self.vectors_[start : start + _BLOCK] @ self.vectors_.T
            columns = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
            values = np.maximum(np.take_along_axis(cosine, columns, axis=1), 0)
            indptr = np.arange(len(columns) + 1) * k
            parts.append(sparse.csr_matrix((values.ravel(), columns.ravel(), indptr), shape=(len(columns), n)))
        nearest = sparse.csr_matrix(sparse.vstack(parts))
        nearest.eliminate_zeros()
        return nearest
