"""Interactions keep ids and weights together, and read users who were not there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.contract import TrainingError
from training.recommendations.interactions import Interactions

IDS = st.text(st.characters(min_codepoint=48, max_codepoint=122), min_size=1, max_size=4)


@given(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=40))
def test_every_line_is_counted_once_at_its_user_and_item(lines):
    # GIVEN any lines
    # WHEN they become a matrix
    found = Interactions.of([user for user, _ in lines], [item for _, item in lines])
    # THEN each pair's weight is the number of its lines
    assert found.matrix.sum() == len(lines)
    for user, item in lines:
        row, column = found.users.tolist().index(user), found.positions([item])[0]
        assert found.matrix[row, column] == lines.count((user, item))


def test_weights_are_summed_and_once_forgets_them():
    # GIVEN a pair in two lines
    found = Interactions.of(["a", "a", "b"], ["x", "x", "y"], [0.5, 2, 3])
    # WHEN weights are looked at
    # THEN
    assert found.matrix.toarray().tolist() == [[2.5, 0], [0, 3]]
    assert found.once().matrix.toarray().tolist() == [[1, 0], [0, 1]]


def test_an_unknown_item_is_left_out_of_a_new_users_row():
    # GIVEN items that were seen
    found = Interactions.of(["a", "a", "b"], ["x", "y", "z"])
    # WHEN users come with known items twice, one that is unknown, and nothing
    rows = found.rows([["z", "x", "x"], ["new", "y"], []])
    # THEN
    assert rows.toarray().tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert found.positions(["new", "zz", "z"]).tolist() == [-1, -1, 2]


def test_they_are_the_same_after_saving(tmp_path):
    # GIVEN saved interactions
    kept = Interactions.of(["b", "a"], ["ü", "x"], [1, 4])
    kept.save(tmp_path, "held")
    # WHEN they are loaded
    loaded = Interactions.load(tmp_path, "held")
    # THEN
    assert loaded.users.tolist() == ["a", "b"]
    assert loaded.items.tolist() == kept.items.tolist()
    assert np.array_equal(loaded.matrix.toarray(), kept.matrix.toarray())


@pytest.mark.parametrize("weights", [[0.0], [-1.0], [float("nan")], [float("inf")]])
def test_a_weight_that_cannot_be_learned_from_is_refused(weights):
    # GIVEN such a weight
    # WHEN
    # THEN
    with pytest.raises(TrainingError, match="above 0"):
        Interactions.of(["a"], ["x"], weights)


def test_nothing_is_refused():
    # GIVEN no line
    # WHEN
    # THEN
    with pytest.raises(TrainingError, match="no interaction"):
        Interactions.of([], [])
