"""Ways of finding new products, and the choice between them."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from training.recommendations import retrieval, retrieval_choice
from training.recommendations.candidates import Limits

LIMITS = Limits(own=5, new=2, popular=2, weight=1.0)


@pytest.mark.parametrize("method", ["ease", "cosine", "rp3beta", "graph"])
def test_each_way_finds_what_customers_alike_bought(method):
    # GIVEN two groups of customers who buy two products each, and one who lacks the second of the first group's
    known = sparse.csr_matrix(np.array([[1, 1, 0, 0]] * 5 + [[0, 0, 1, 1]] * 5 + [[1, 0, 0, 0]], dtype=float))
    # WHEN that customer's products are scored
    scores = retrieval.fit(method, known, 1.0).scores(np.array([10]))[0]
    # THEN the missing one is first among the new
    assert int(np.argmax(scores[1:])) + 1 == 1


def test_ease_is_left_out_where_its_inverse_would_be_too_large():
    # GIVEN more customers and products than it may take
    side = retrieval.MOST_SIDE + 1
    # WHEN asked what is possible
    possible = retrieval.possible(sparse.csr_matrix((side, side)))
    # THEN only sparse ways are
    assert "ease" not in possible and {"cosine", "rp3beta"} <= set(possible)


def test_the_comparison_asks_for_what_was_new_and_bought_later():
    # GIVEN customers of two groups, of whom some bought their group's other product later
    rows = [(f"a{i}", p) for i in range(6) for p in ("x", "y")] + [(f"b{i}", p) for i in range(6) for p in ("u", "v")]
    rows += [("late", "x"), ("late", "u")]
    bought = pd.DataFrame(rows, columns=["customer_id", "product_id"]).assign(age=3, units=1.0, visit=0)
    later = pd.DataFrame([("late", "y"), ("late", "v"), ("a0", "x")], columns=["customer_id", "product_id"])
    # WHEN the ways are compared
    compared = retrieval_choice.compare(bought, later, LIMITS, seed=0)
    # THEN each found both, and what was bought before is not asked for
    assert set(compared) == {"ease", "cosine", "rp3beta", "graph"}
    assert {share for shares in compared.values() for share in shares} == {1.0}


def test_without_anything_to_compare_the_choice_is_item_knn():
    # GIVEN nobody who bought something new
    bought = pd.DataFrame({"customer_id": ["a"], "product_id": ["x"], "age": [1], "units": [1.0], "visit": [0]})
    later = pd.DataFrame({"customer_id": ["a"], "product_id": ["x"]})
    # WHEN compared
    compared = retrieval_choice.compare(bought, later, LIMITS, seed=0)
    # THEN nothing is said, and item-kNN is taken
    assert (compared, retrieval_choice.best(compared)) == ({}, "cosine")


def test_a_lead_that_is_noise_does_not_choose():
    # GIVEN a way that is ahead of the first by chance, and one that is clearly ahead
    rng = np.random.default_rng(0)
    first = rng.random(400)
    noise = first + rng.normal(0, 0.5, 400)
    noise += first.mean() + 0.01 - noise.mean()
    # WHEN the best is chosen
    # THEN the first stays before noise, and gives way to what is better
    assert retrieval_choice.best({"ease": first, "graph": noise}) == "ease"
    assert retrieval_choice.best({"ease": first, "graph": noise, "cosine": first + 0.05}) == "cosine"
