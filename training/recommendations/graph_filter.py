"""Collaborative filtering as signal processing on the graph of users and items; nothing is trained by gradient.

A user's row of interactions is a signal on the items. Blurring passes it through the item graph (each item tells its
neighbours), with an ideal low-pass of the graph's smoothest directions beside; sharpening then takes back what blurring
gave to everything. After BSPM (Choi et al., Blurring-Sharpening Process Models for Collaborative Filtering, SIGIR
2023), which builds on GF-CF (Shen et al., How Powerful is Graph Convolution for Recommendation?, CIKM 2021).

With R̃ = U^-½ R I^-½ (U, I the degrees of users and items) and P = R̃ᵀR̃, a row r is scored r (P + β L) e^(-t P), L
being the projection on the `rank` leading right singular vectors of R̃, weighted by item degree, and the exponential a
series of four terms. P is never formed: it is applied as two sparse products.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.utils.extmath import randomized_svd

_BATCH = 128
"""Users scored at a time by one thread: dense columns of items, some 20 MB for 40,000 items."""
_TERMS = 4


class GraphFilter:
    """Scores of all items for rows of interactions, of users in training or not.

    `rank`: directions of the low-pass, of weight `smooth` (β). `sharpen` (t): 0 leaves blurred scores as they are.
    """

    def __init__(self, rank: int = 448, smooth: float = 0.2, sharpen: float = 2.5, threads: int = 1) -> None:
        self.rank = rank
        self.smooth = smooth
        self.sharpen = sharpen
        self.threads = threads

    def fit(self, interactions: csr_matrix, seed: int = 0) -> Self:
        """Learn the graph of `interactions` (users × items, weights above 0); the same seed gives the same model."""
        n_users, n_items = interactions.get_shape()
        users = np.asarray(interactions.sum(axis=1)).ravel()
        items = np.asarray(interactions.sum(axis=0)).ravel()
        graph = diags(_power(users, -0.5)) @ interactions @ diags(_power(items, -0.5))
        self.graph_ = csr_matrix(graph, dtype=np.float32)
        self.degrees_ = np.maximum(items, 1).astype(np.float32)
        rank = min(self.rank, min(n_users, n_items) - 1)
        self.directions_ = np.empty((0, n_items), np.float32)
        if self.smooth and rank > 0:
            _, _, directions = randomized_svd(self.graph_, rank, random_state=seed)
            self.directions_ = directions.astype(np.float32)
        self._transpose = csr_matrix(self.graph_.T)
        return self

    def scores(self, rows: csr_matrix) -> np.ndarray:
        """(n, items) float32: how much each of `rows` (n, items) wants each item; what it has is not masked."""
        n = rows.get_shape()[0]
        found = np.empty((n, len(self.degrees_)), np.float32)

        def fill(start: int) -> None:
            signal = np.ascontiguousarray(rows[start : start + _BATCH].toarray().T, np.float32)
            found[start : start + _BATCH] = self._filtered(signal).T

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(fill, range(0, n, _BATCH)))
        return found

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.npz`: plain arrays."""
        np.savez(
            folder / f"{name}.npz",
            parameters=np.array([self.rank, self.smooth, self.sharpen]),
            shape=np.array(self.graph_.get_shape()),
            data=self.graph_.data,
            indices=self.graph_.indices,
            indptr=self.graph_.indptr,
            degrees=self.degrees_,
            directions=self.directions_,
        )

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """What `save` wrote."""
        with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
            rank, smooth, sharpen = stored["parameters"].tolist()
            loaded = cls(int(rank), smooth, sharpen)
            shape = tuple(stored["shape"].tolist())
            loaded.graph_ = csr_matrix((stored["data"], stored["indices"], stored["indptr"]), shape)
            loaded.degrees_, loaded.directions_ = stored["degrees"], stored["directions"]
        loaded._transpose = csr_matrix(loaded.graph_.T)
        return loaded

    def _filtered(self, signal: np.ndarray) -> np.ndarray:
        """`signal` and the answer are (items, n)."""
        blurred = self._pass(signal)
        if len(self.directions_):
            scale = np.sqrt(self.degrees_)[:, None]
            blurred += self.smooth * scale * (self.directions_.T @ (self.directions_ @ (signal / scale)))
        answer, term = blurred.copy(), blurred
        for order in range(1, _TERMS + 1 if self.sharpen else 1):
            term = self._pass(term) * np.float32(-self.sharpen / order)
            answer += term
        return answer

    def _pass(self, signal: np.ndarray) -> np.ndarray:
        return self._transpose @ (self.graph_ @ signal)


def _power(degrees: np.ndarray, exponent: float) -> np.ndarray:
    """`degrees` to the power, 0 where there is nothing."""
    return np.where(degrees > 0, np.maximum(degrees, 1e-12) ** exponent, 0.0)
