"""Nearest past sessions: what was in them, weighted by how much they resemble the running one.

VSKNN (Ludewig and Jannach 2018) with the session age of STAN (Garg et al. 2019, "Sequence and time aware neighborhood
for session-based recommendations"), as two sparse products.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy import sparse

from training.recommendations.sessions.log import Prefixes, SessionLog
from training.recommendations.sessions.rows import foremost, product, pruned, transposed

MOST_SHARING = 5_000
"""Of past sessions with an item, the newest are drawn, as Ludewig and Jannach do for their speed."""


class SessionKnn:
    """`power` sharpens similarities, so that sessions sharing several items outweigh many that share one."""

    def __init__(
        self,
        neighbours: int = 500,
        prefix_decay: float = 2.0,
        half_life: float = 30.0,
        power: float = 1.5,
        size_damping: float = 0.5,
    ) -> None:
        self.neighbours = neighbours
        self.prefix_decay = prefix_decay
        self.half_life = half_life
        self.power = power
        self.size_damping = size_damping

    def fit(self, log: SessionLog) -> Self:
        """Keep the sessions."""
        self.sessions_ = log.incidence()
        self.items_ = transposed(self.sessions_)
        size = np.maximum(np.asarray(self.sessions_.sum(axis=1)).ravel(), 1)
        self.session_weights_ = log.recency(self.half_life) / size**self.size_damping
        # Times these, similarities order as they do raised to `power` and weighted: a power each would take long.
        self.roots_ = self.session_weights_ ** (1 / self.power)
        return self

    def scores(self, prefixes: Prefixes) -> sparse.csr_matrix:
        """Prefixes × items."""
        near = product(prefixes.weights(self.prefix_decay), self.items_)
        near.data = (near.data**self.power * self.session_weights_[near.indices]).astype(np.float32)
        if near.get_shape()[0] and np.diff(near.indptr).max() > self.neighbours:
            near = pruned(near, self.neighbours)
        return product(near, self.sessions_)

    def following(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(items, scores) of one running session, its oldest event first: the row that `scores` has for it.

        For whoever waits for the answer: general sparse products are slow at what many past sessions share, and of
        those that share an item only the newest `MOST_SHARING` count.
        """
        weights = np.exp(-np.arange(len(items) - 1, -1, -1) / self.prefix_decay)
        rows = [_newest(*self.items_.indptr[item : item + 2].tolist()) for item in items]
        sharing = np.concatenate([self.items_.indices[row] for row in rows])
        alike = np.bincount(sharing, np.repeat(weights, [row.stop - row.start for row in rows]))
        reach = alike * self.roots_[: len(alike)]
        near = np.flatnonzero(reach > 0)
        near = near[foremost(reach[near], self.neighbours)]
        worth = alike[near] ** self.power * self.session_weights_[near]
        held = self.sessions_[near]
        distinct, place = np.unique(held.indices, return_inverse=True)
        return distinct, np.bincount(place, np.repeat(worth, np.diff(held.indptr)), len(distinct))


def _newest(start: int, stop: int) -> slice:
    """Of the entries of a row whose columns are sessions, oldest first."""
    return slice(max(start, stop - MOST_SHARING), stop)
