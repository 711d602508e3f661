"""Which parameters of the graph filter suit this shop: a share of every user's interactions is held out and ranked.

The filter is linear in its terms, so one pass over the graph gives every combination of `smooth` and `sharpen`, and
the leading directions of the largest rank serve the smaller ones: a grid costs little more than two of its points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from training.contract import TrainingError
from training.recommendations.graph_filter import BATCH, GraphFilter, sharpening
from training.recommendations.ranking_metrics import ndcg, recall, top_k


@dataclass(frozen=True, slots=True)
class Grid:
    """Values to try, each combination of them."""

    ranks: tuple[int, ...] = (256, 448)
    smooths: tuple[float, ...] = (0.1, 0.2, 0.3)
    sharpens: tuple[float, ...] = (0.0, 1.5, 2.5)

    def points(self) -> list[tuple[int, float, float]]:
        """(rank, smooth, sharpen) of every combination."""
        return [(rank, smooth, sharpen) for rank in self.ranks for smooth in self.smooths for sharpen in self.sharpens]


@dataclass(frozen=True, slots=True)
class Tried:
    """One combination and its mean metrics over the users asked."""

    rank: int
    smooth: float
    sharpen: float
    recall: float
    ndcg: float


def choose(
    interactions: csr_matrix,
    grid: Grid,
    seed: int,
    *,
    share: float = 0.1,
    users: int = 2500,
    places: int = 20,
    threads: int = 1,
) -> list[Tried]:
    """Every combination of `grid`, the best by NDCG first.

    Learned without `share` of the pairs of `interactions` (users, items), drawn at random, and asked for them: of at
    most `users` users, `places` places each, what is left of their items masked. TrainingError when nobody has one.
    """
    kept, held = split(interactions, share, seed)
    asked = np.flatnonzero(np.diff(held.indptr))
    if len(asked) == 0:
        raise TrainingError("too few interactions to hold a share of them out: keep the default parameters")
    asked = np.sort(np.random.default_rng(seed).permutation(asked)[:users])
    model = GraphFilter(max(grid.ranks), max(grid.smooths), threads=threads).fit(kept, seed)
    values: dict[tuple[int, float, float], list[np.ndarray]] = {point: [] for point in grid.points()}
    for start in range(0, len(asked), BATCH):
        some = asked[start : start + BATCH]
        relevant = [held.indices[held.indptr[user] : held.indptr[user + 1]] for user in some]
        for point, scores in _scores(model, csr_matrix(kept[some]), grid):
            ranked = top_k(scores, places)
            values[point].append(np.array([recall(ranked, relevant), ndcg(ranked, relevant)]))
    means = {point: np.concatenate(found, axis=1).mean(axis=1) for point, found in values.items()}
    tried = [Tried(*point, recall=float(mean[0]), ndcg=float(mean[1])) for point, mean in means.items()]
    return sorted(tried, key=lambda each: -each.ndcg)


def split(interactions: csr_matrix, share: float, seed: int) -> tuple[csr_matrix, csr_matrix]:
    """The pairs kept and the pairs held out, `share` of all at random; every user keeps one pair at least."""
    shape = interactions.get_shape()
    users = np.repeat(np.arange(shape[0]), np.diff(interactions.indptr))
    drawn = np.random.default_rng(seed).random(interactions.nnz)
    highest = np.zeros(shape[0])
    np.maximum.at(highest, users, drawn)
    out = (drawn < share) & (drawn < highest[users])
    parts = [
        csr_matrix((interactions.data[rows], (users[rows], interactions.indices[rows])), shape) for rows in (~out, out)
    ]
    return parts[0], parts[1]


def _scores(model: GraphFilter, rows: csr_matrix, grid: Grid) -> Iterator[tuple[tuple[int, float, float], np.ndarray]]:
    """Each point of the grid with its scores of `rows` (n, items), -inf where a row has the item."""
    signal = np.ascontiguousarray(rows.toarray().T, np.float32)
    blurred = _series(model, model.spread(signal), grid.sharpens)
    for rank in grid.ranks:
        smoothed = _series(model, model.low_pass(signal, rank), grid.sharpens)
        for smooth in grid.smooths:
            for sharpen in grid.sharpens:
                scores = np.ascontiguousarray((blurred[sharpen] + np.float32(smooth) * smoothed[sharpen]).T)
                scores[rows.nonzero()] = -np.inf
                yield (rank, smooth, sharpen), scores


def _series(model: GraphFilter, term: np.ndarray, sharpens: tuple[float, ...]) -> dict[float, np.ndarray]:
    """`term` (items, n) sharpened by each strength."""
    coefficients = {strength: sharpening(strength) for strength in sharpens}
    answers = {strength: np.zeros_like(term) for strength in sharpens}
    for order in range(len(sharpening(0))):
        term = model.spread(term) if order else term
        for strength, answer in answers.items():
            answer += np.float32(coefficients[strength][order]) * term
    return answers
