"""Rankings are judged customer by customer, and what the candidates missed counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.recommendations import judging
from training.recommendations.ranking_metrics import ndcg


def holdout(rows):
    """(customer, label, new, candidate) per row, with the scores' order as the affinity."""
    frame = pd.DataFrame(rows, columns=["entity_id", "label", "new", "candidate"])
    return frame.assign(affinity=np.where(frame["candidate"], 0.5, np.nan)).drop(columns="candidate")


def test_what_no_candidate_held_is_missing_from_the_best_ranking():
    # GIVEN a customer who bought two products, of which one was a candidate, ranked first
    frame = holdout([("a", 1.0, 0, True), ("a", 0.0, 0, True), ("a", 1.0, 0, False)])
    # WHEN judged
    value = judging.per_customer(frame, np.array([2.0, 1.0, -np.inf]))[0, 0]
    # THEN one of two places is right
    assert value == pytest.approx(1 / (1 + 1 / np.log2(3)))


def test_who_bought_nothing_has_no_value():
    # GIVEN a customer without a purchase beside one with
    frame = holdout([("a", 0.0, 0, True), ("b", 1.0, 0, True)])
    # WHEN judged
    values = judging.per_customer(frame, np.array([1.0, 1.0]))
    # THEN the mean is over the other alone, and new products have none
    assert judging.means(values) == {"ndcg_at_10": 1.0}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), min_size=1, max_size=40, unique_by=lambda r: r[1]))
def test_it_is_the_ndcg_of_ranking_metrics(rows):
    # GIVEN one customer's candidates with distinct scores
    labels, scores = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows], dtype=float)
    frame = holdout([("a", label, 1, True) for label in labels])
    # WHEN judged
    values = judging.per_customer(frame, scores)[0]
    # THEN it is what the general definition says
    if not labels.any():
        assert np.isnan(values).all()
        return
    places = np.argsort(-scores)[:10]
    padded = np.concatenate([places, np.full(10 - len(places), -1)])[None]
    expected = ndcg(padded, [np.flatnonzero(labels)])[0]
    assert values == pytest.approx([expected, expected])


def test_cold_customers_and_products_are_told_apart_with_what_was_missed_of_them():
    # GIVEN a customer of two visits and one of forty, each with a candidate and a purchase that no candidate held
    frame = holdout([("new", 0.0, 0, True), ("new", 1.0, 1, False), ("old", 1.0, 0, True), ("old", 1.0, 1, False)])
    frame = frame.assign(visits=[2.0, np.nan, 40.0, np.nan], first_sold=[300.0, 20.0, 300.0, 300.0])
    # WHEN slices are made
    slices = judging.slices(frame)
    # THEN one has all rows of the customer of two visits, one the product first sold lately
    assert slices["cold_customers"].tolist() == [True, True, False, False]
    assert slices["cold_products"].tolist() == [False, True, False, False]
