"""The filter's parameters are chosen on interactions that it did not learn from."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from training.contract import TrainingError
from training.recommendations.filter_choice import Grid, choose, split
from training.recommendations.graph_filter import GraphFilter
from training.recommendations.ranking_metrics import ndcg, recall, top_k


@pytest.fixture(scope="module")
def interactions():
    """Four groups of users who like a group of items each."""
    rng = np.random.default_rng(3)
    likes = np.kron(np.eye(4), np.ones((40, 12))) * 0.5 + 0.02
    return csr_matrix((rng.random(likes.shape) < likes).astype(np.float32))


def test_a_split_loses_no_pair_and_leaves_every_user_one(interactions):
    # GIVEN interactions, nearly all of which are to be held out
    # WHEN they are split
    kept, held = split(interactions, 0.95, 0)
    # THEN together they are the whole, and nobody who had items is left with none
    assert np.array_equal((kept + held).toarray(), interactions.toarray())
    assert kept.multiply(held).nnz == 0
    assert np.array_equal(np.diff(kept.indptr) > 0, np.diff(interactions.indptr) > 0)


def test_every_point_has_the_metrics_of_a_filter_with_its_parameters(interactions):
    # GIVEN a grid with one rank, so that the directions are the same
    grid = Grid(ranks=(4,), smooths=(0.1, 0.4), sharpens=(0.0, 2.0))
    kept, held = split(interactions, 0.1, 5)
    asked = np.flatnonzero(np.diff(held.indptr))
    relevant = [held[user].indices for user in asked]
    # WHEN it is tried
    tried = choose(interactions, grid, 5, places=5)
    # THEN each point is what fitting and ranking it alone gives, the best first
    assert len(tried) == 4
    for each in tried:
        scores = GraphFilter(each.rank, each.smooth, each.sharpen).fit(kept, 5).scores(csr_matrix(kept[asked]))
        scores[kept[asked].nonzero()] = -np.inf
        ranked = top_k(scores, 5)
        assert each.recall == pytest.approx(recall(ranked, relevant).mean(), abs=0.01)
        assert each.ndcg == pytest.approx(ndcg(ranked, relevant).mean(), abs=0.01)
    assert [each.ndcg for each in tried] == sorted((each.ndcg for each in tried), reverse=True)


def test_the_same_seed_chooses_the_same(interactions):
    # GIVEN a grid
    grid = Grid(ranks=(2, 4), smooths=(0.2,), sharpens=(0.0, 1.0))
    # WHEN it is tried twice, once on two threads
    # THEN
    assert choose(interactions, grid, 1, users=50) == choose(interactions, grid, 1, users=50, threads=2)


def test_too_few_interactions_are_refused():
    # GIVEN users of one item each
    # WHEN
    # THEN
    with pytest.raises(TrainingError, match="too few interactions"):
        choose(csr_matrix(np.eye(5, dtype=np.float32)), Grid(), 0)
