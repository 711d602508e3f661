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
from math import factorial
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.utils.extmath import randomized_svd

from training.recommendations import memory

BATCH = 128
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
        """Learn the graph of `interactions` (users × items, weights above 0); the same seed gives the same model.

        TrainingError, before anything is computed, when it takes more memory than there is.
        """
        n_users, n_items = interactions.get_shape()
        rank = min(self.rank, min(n_users, n_items) - 1) if self.smooth else 0
        memory.check(memory.Size(n_users, n_items, interactions.nnz, rank, BATCH, self.threads))
        users = np.asarray(interactions.sum(axis=1)).ravel()
        items = np.asarray(interactions.sum(axis=0)).ravel()
        graph = diags(_root(users)) @ interactions.astype(np.float32) @ diags(_root(items))
        self.graph_ = csr_matrix(graph, dtype=np.float32)
        self.degrees_ = np.maximum(items, 1).astype(np.float32)
        self.directions_ = np.empty((0, n_items), np.float32)
        if rank > 0:
            _, _, directions = randomized_svd(self.graph_, rank, random_state=seed)
            self.directions_ = directions.astype(np.float32)
        self._transpose = csr_matrix(self.graph_.T)
        return self

    def scores(self, rows: csr_matrix) -> np.ndarray:
        """(n, items) float32: how much each of `rows` (n, items) wants each item; what it has is not masked."""
        n = rows.get_shape()[0]
        found = np.empty((n, len(self.degrees_)), np.float32)

        def fill(start: int) -> None:
            signal = np.ascontiguousarray(rows[start : start + BATCH].toarray().T, np.float32)
            found[start : start + BATCH] = self._filtered(signal).T

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(fill, range(0, n, BATCH)))
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

    def spread(self, signal: np.ndarray) -> np.ndarray:
        """P applied to a `signal` (items, n): each item tells those that share its users."""
        return self._transpose @ (self.graph_ @ signal)

    def low_pass(self, signal: np.ndarray, rank: int | None = None) -> np.ndarray:
        """L applied to a `signal` (items, n), with the first `rank` directions (all by default)."""
        directions = self.directions_[:rank]
        scale = np.sqrt(self.degrees_)[:, None]
        return scale * (directions.T @ (directions @ (signal / scale)))

    def _filtered(self, signal: np.ndarray) -> np.ndarray:
        """`signal` and the answer are (items, n)."""
        term = self.spread(signal)
        if len(self.directions_):
            term += np.float32(self.smooth) * self.low_pass(signal)
        first, *others = sharpening(self.sharpen) if self.sharpen else (1.0,)
        answer = first * term
        for coefficient in others:
            term = self.spread(term)
            answer += np.float32(coefficient) * term
        return answer


def sharpening(strength: float) -> list[float]:
    """Coefficients of 1, P, P² … in the series of e^(-strength P), as one Runge-Kutta step of order four takes it."""
    return [(-strength) ** order / factorial(order) for order in range(_TERMS + 1)]


def _root(degrees: np.ndarray) -> np.ndarray:
    """degrees^-½ in float32, 0 where there is nothing."""
    return np.where(degrees > 0, np.maximum(degrees, 1e-12) ** -0.5, 0.0).astype(np.float32)
