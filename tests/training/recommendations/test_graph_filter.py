"""The graph filter: what its formula says, the same for users it has and has not seen."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from training.contract import TrainingError
from training.recommendations import memory
from training.recommendations.graph_filter import GraphFilter


@pytest.fixture(scope="module")
def interactions():
    """Two groups of users who like two groups of ten items, one item that nobody has."""
    rng = np.random.default_rng(0)
    held = np.zeros((60, 21), np.float32)
    held[:30, :10] = rng.random((30, 10)) < 0.4
    held[30:, 10:20] = rng.random((30, 10)) < 0.4
    return csr_matrix(held)


def fitted(interactions, **parameters):
    return GraphFilter(**({"rank": 4} | parameters)).fit(interactions)


def test_scores_are_those_of_the_formula(interactions):
    # GIVEN the formula, computed densely
    rows, users, items = (m.astype(float) for m in (interactions.toarray(), *degrees(interactions)))
    graph = rows / np.sqrt(np.maximum(users, 1))[:, None] / np.sqrt(np.maximum(items, 1))
    p = graph.T @ graph
    directions = np.linalg.svd(graph)[2][:4]
    smooth = np.diag(np.maximum(items, 1) ** -0.5) @ directions.T @ directions @ np.diag(np.maximum(items, 1) ** 0.5)
    terms, power = np.eye(21), np.eye(21)
    for order in range(1, 5):
        power = power @ p * (-2.5 / order)
        terms = terms + power
    expected = rows @ (p + 0.2 * smooth) @ terms
    # WHEN the filter scores
    found = fitted(interactions).scores(interactions)
    # THEN it is the same
    assert np.allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def degrees(interactions):
    return np.asarray(interactions.sum(axis=1)).ravel(), np.asarray(interactions.sum(axis=0)).ravel()


def test_each_group_gets_its_own_items_and_nobody_what_nobody_has(interactions):
    # GIVEN users of one group
    scores = fitted(interactions, sharpen=0.5).scores(csr_matrix(interactions[:30]))
    # WHEN items are compared
    # THEN theirs come before the others', and the one without a user has no score
    assert scores[:, :10].mean() > 10 * abs(scores[:, 10:20].mean())
    assert np.allclose(scores[:, 20], 0)


def test_a_user_who_was_not_there_is_scored_by_their_items(interactions):
    # GIVEN a user who joined later with the items of one in training
    model = fitted(interactions)
    # WHEN both are scored
    alone, among = model.scores(csr_matrix(interactions[3])), model.scores(interactions)[3]
    # THEN alike
    assert np.allclose(alone[0], among, rtol=1e-4, atol=1e-6)


def test_the_same_seed_gives_the_same_model_whatever_the_threads(interactions):
    # GIVEN two fits
    one, two = fitted(interactions), fitted(interactions, threads=2)
    # WHEN they score
    # THEN
    assert np.array_equal(one.scores(interactions), two.scores(interactions))


def test_a_saved_filter_scores_as_before(interactions, tmp_path):
    # GIVEN a filter that was saved
    model = fitted(interactions)
    model.save(tmp_path, "filter")
    # WHEN it is loaded
    loaded = GraphFilter.load(tmp_path, "filter")
    # THEN
    assert np.array_equal(loaded.scores(interactions), model.scores(interactions))


def test_a_shop_with_one_customer_has_scores(interactions):
    # GIVEN one customer
    model = GraphFilter().fit(csr_matrix(interactions[:1]))
    # WHEN they are scored
    # THEN every score is a number
    assert np.isfinite(model.scores(csr_matrix(interactions[:1]))).all()


def test_it_refuses_before_fitting_what_memory_does_not_hold(interactions, monkeypatch):
    # GIVEN a machine with next to nothing
    monkeypatch.setattr(memory, "available", lambda: 1 << 20)
    model = GraphFilter()
    # WHEN a filter is fitted
    with pytest.raises(TrainingError, match="graph filter needs"):
        model.fit(interactions)
    # THEN nothing was computed
    assert not hasattr(model, "graph_")
