"""The shop's own interactions choose the graph filter's parameters."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from training.contract import TrainingError
from training.recommendations.filter_choice import Grid, choose, split
from training.recommendations.graph_filter import GraphFilter
from training.recommendations.ranking_metrics import ndcg, top_k

GRID = Grid(ranks=(2, 4), smooths=(0.1, 0.3), sharpens=(0.0, 1.5))


@pytest.fixture(scope="module")
def interactions():
    rng = np.random.default_rng(0)
    return csr_matrix((rng.random((80, 25)) < 0.3).astype(np.float32))


def test_held_out_pairs_are_not_kept_and_everybody_keeps_one(interactions):
    # GIVEN interactions
    # WHEN half are held out
    kept, held = split(interactions, 0.5, 0)
    # THEN both together are all, and nobody is left without any
    assert (kept + held != interactions).nnz == 0
    assert kept.multiply(held).nnz == 0
    assert np.diff(kept.indptr).min() >= 1


def test_every_point_is_measured_as_a_filter_of_its_own_would_be(interactions):
    # GIVEN a grid
    tried = choose(interactions, GRID, 0, share=0.3, places=5)
    kept, held = split(interactions, 0.3, 0)
    asked = np.flatnonzero(np.diff(held.indptr))
    relevant = [held[user].indices for user in asked]
    # WHEN the points of the largest rank are fitted one by one
    for point in (each for each in tried if each.rank == 4):
        model = GraphFilter(4, point.smooth, point.sharpen).fit(kept)
        scores = model.scores(csr_matrix(kept[asked]))
        scores[kept[asked].nonzero()] = -np.inf
        # THEN the figures are theirs
        assert point.ndcg == pytest.approx(ndcg(top_k(scores, 5), relevant).mean(), abs=5e-3)
    assert len(tried) == len(GRID.points())
    assert [each.ndcg for each in tried] == sorted((each.ndcg for each in tried), reverse=True)


def test_too_little_to_hold_out_is_refused_with_what_to_do():
    # GIVEN users with one interaction each
    # WHEN a choice is asked for
    # THEN
    with pytest.raises(TrainingError, match="keep the default parameters"):
        choose(csr_matrix(np.eye(4, dtype=np.float32)), GRID, 0)
