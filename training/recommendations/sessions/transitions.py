"""Which item follows which: time-decayed transition counts over several lags.

Sequential rules of Ludewig and Jannach (2018, "Evaluation of session-based recommendation algorithms"), with a weight
that falls exponentially with the lag and with the session's age.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from scipy import sparse

from training.recommendations.sessions.log import Prefixes, SessionLog
from training.recommendations.sessions.rows import inverse, product, pruned, scaled, transposed

Direction = Literal["forward", "backward", "both"]

LAST_ONLY = 0.05
"""A prefix decay at which only the last event counts."""


def counts(
    log: SessionLog, direction: Direction, max_lag: int, lag_decay: float, half_life: float
) -> sparse.csr_matrix:
    """Items × items: from row to column, Σ exp(−(lag − 1) / lag_decay) · 2^(−age / half_life)."""
    recency = log.recency(half_life)
    total = sparse.csr_matrix((log.n_items, log.n_items), dtype=np.float32)
    for lag in range(1, max_lag + 1):
        sessions, earlier, later = log.pairs(lag)
        values = (recency[sessions] * np.exp(-(lag - 1) / lag_decay)).astype(np.float32)
        total = sparse.csr_matrix(total + sparse.csr_matrix((values, (earlier, later)), shape=total.shape))
    if direction == "forward":
        return total
    return transposed(total) if direction == "backward" else sparse.csr_matrix(total + total.T)


class Transitions:
    """Score of an item: transitions to it from the events of the prefix, the last ones weighing most.

    `damping` divides a row by its sum to that power: 0 leaves counts, 1 makes conditional probabilities.
    """

    def __init__(
        self,
        direction: Direction = "forward",
        max_lag: int = 10,
        lag_decay: float = 1.5,
        half_life: float = 30.0,
        damping: float = 0.5,
        prefix_decay: float = 1.5,
        neighbours: int = 300,
    ) -> None:
        self.direction: Direction = direction
        self.max_lag = max_lag
        self.lag_decay = lag_decay
        self.half_life = half_life
        self.damping = damping
        self.prefix_decay = prefix_decay
        self.neighbours = neighbours

    def fit(self, log: SessionLog) -> Self:
        """Count."""
        found = counts(log, self.direction, self.max_lag, self.lag_decay, self.half_life)
        factors = inverse(np.asarray(found.sum(axis=1)).ravel()) ** self.damping
        self.weights_ = pruned(scaled(found, factors), self.neighbours)
        return self

    def scores(self, prefixes: Prefixes) -> sparse.csr_matrix:
        """Prefixes × items."""
        return product(prefixes.weights(self.prefix_decay), self.weights_)
