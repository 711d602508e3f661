"""Trees are walked as their document says, and what does not end in a leaf is refused."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.trees import Forest

DOCUMENT = {
    "start": 0.5,
    "trees": [
        {
            "feature": [0, 1],
            "threshold": [2.0, 10.0],
            "missing": [False, True],
            "left": [1, -1],
            "right": [-3, -2],
            "value": [-1.0, 1.0, 4.0],
            "mean": [0.8, 0.2],
        },
        {"feature": [], "threshold": [], "missing": [], "left": [], "right": [], "value": [0.25], "mean": []},
    ],
}
"""x0 <= 2 ? (x1 <= 10 or missing ? -1 : 1) : 4, and a tree of a single leaf."""


@pytest.mark.parametrize(
    ("row", "raw"),
    [
        ([2.0, 10.0], -0.25),
        ([2.0, 10.000001], 1.75),
        ([2.0, None], -0.25),
        ([2.000001, 0.0], 4.75),
        ([None, 0.0], 4.75),
    ],
)
def test_a_row_falls_left_at_the_threshold_and_as_told_where_it_has_no_value(row, raw):
    # GIVEN a forest of a small tree and one of a single leaf
    forest = Forest.of(DOCUMENT)
    # WHEN a row is walked
    found = forest.explained(row)[0]
    # THEN it ends in the leaf that the tree says
    assert found == raw


value = st.none() | st.floats(-20, 20)


@given(st.lists(value, min_size=2, max_size=2))
def test_contributions_and_the_mean_add_up_to_the_raw_score(row):
    # GIVEN any row
    forest = Forest.of(DOCUMENT)
    # WHEN its contributions are asked for
    raw, added = forest.explained(row)
    # THEN with what the forest gives on average they make its raw score
    mean = forest.start + 0.8 + 0.25
    assert mean + sum(added) == pytest.approx(raw, abs=1e-12)


def test_only_features_on_the_way_contribute():
    # GIVEN a row that the first split decides
    forest = Forest.of(DOCUMENT)
    # WHEN its contributions are asked for
    added = forest.explained([3.0, 99.0])[1]
    # THEN the other feature has none
    assert added == [4.0 - 0.8, 0.0]


def test_a_document_gives_the_same_forest_back():
    # GIVEN a forest written as JSON
    text = json.dumps(Forest.of(DOCUMENT).document())
    # WHEN it is read
    found = Forest.of(json.loads(text))
    # THEN it is the same
    assert found == Forest.of(DOCUMENT)


@pytest.mark.parametrize(
    ("part", "wrong", "message"),
    [
        ("left", [0, -1], "child"),
        ("right", [-4, -2], "child"),
        ("right", [2, -2], "child"),
        ("threshold", [2.0], "length"),
        ("value", [], "child"),
    ],
)
def test_a_tree_that_would_not_end_in_a_leaf_is_refused(part, wrong, message):
    # GIVEN a document with a part that is wrong
    document = copy.deepcopy(DOCUMENT)
    document["trees"][0][part] = wrong
    # WHEN it is read, THEN it is refused
    with pytest.raises(ValueError, match=message):
        Forest.of(document)
