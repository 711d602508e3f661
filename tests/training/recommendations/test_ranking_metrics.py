"""Metrics of rankings are as defined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.recommendations.ranking_metrics import bootstrap_interval, hit_rate, ndcg, recall, reciprocal_rank, top_k

RANKED = np.array([[3, 1, 2], [0, 4, 5], [7, 8, 9]])
RELEVANT = [np.array([1, 9]), np.array([0, 4, 5, 6]), np.array([1])]


def test_they_are_what_a_hand_computes():
    # GIVEN rankings of three with one of two relevant in second place, all three places right, and none
    # WHEN they are measured
    # THEN
    assert recall(RANKED, RELEVANT).tolist() == [0.5, 0.75, 0]
    assert hit_rate(RANKED, RELEVANT).tolist() == [1, 1, 0]
    assert reciprocal_rank(RANKED, RELEVANT).tolist() == [0.5, 1, 0]
    discount = 1 / np.log2(3)
    assert ndcg(RANKED, RELEVANT) == pytest.approx([discount / (1 + discount), 1, 0])


def test_a_row_without_anything_relevant_is_refused():
    # GIVEN a user of whom nothing is known to be right
    # WHEN
    # THEN
    with pytest.raises(ValueError, match="leave it out"):
        recall(RANKED[:1], [np.array([], int)])


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 9), st.integers(1, 12))
def test_the_best_are_the_best_in_order(seed, rows, items, k):
    # GIVEN any scores
    scores = np.random.default_rng(seed).normal(size=(rows, items))
    # WHEN the best are taken
    found = top_k(scores, k)
    # THEN they are those of a full sort
    assert np.array_equal(found, np.argsort(-scores, axis=1)[:, :k])


@given(st.integers(0, 1000))
def test_metrics_are_shares_and_a_perfect_ranking_is_one(seed):
    # GIVEN any relevant items
    rng = np.random.default_rng(seed)
    relevant = [rng.choice(20, rng.integers(1, 8), replace=False) for _ in range(5)]
    perfect = np.array([np.concatenate([r, np.setdiff1d(np.arange(20), r)])[:10] for r in relevant])
    shuffled = np.array([rng.permutation(20)[:10] for _ in range(5)])
    # WHEN a perfect and a random ranking are measured
    # THEN one is 1, the other in [0, 1]
    for metric in (recall, ndcg, hit_rate, reciprocal_rank):
        assert metric(perfect, relevant) == pytest.approx(np.ones(5))
        assert np.all((metric(shuffled, relevant) >= 0) & (metric(shuffled, relevant) <= 1))


def test_the_interval_holds_the_mean_and_narrows_with_the_users():
    # GIVEN values of few and of many
    rng = np.random.default_rng(0)
    few, many = rng.random(50), rng.random(5000)
    # WHEN intervals are drawn
    (low, high), (lower, higher) = bootstrap_interval(few, 0), bootstrap_interval(many, 0)
    # THEN
    assert low < few.mean() < high
    assert higher - lower < (high - low) / 5
