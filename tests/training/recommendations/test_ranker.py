"""The ranker learns an order, the same from the same rows, and keeps it in text; EASE is the same in both spaces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from training.recommendations.affinity import Affinity
from training.recommendations.ranker import Ranker

COLUMNS = ("useful", "noise")


def candidates(seed: int, groups: int = 60, size: int = 20) -> pd.DataFrame:
    """Groups of candidates, of which those with the largest `useful` were bought."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(groups * size, 2)), columns=list(COLUMNS))
    frame["customer_id"] = np.repeat(np.arange(groups), size)
    rank = frame.groupby("customer_id")["useful"].rank(ascending=False)
    return frame.assign(bought=(rank <= 3).astype(int))


def fit(frame: pd.DataFrame, seed: int = 1) -> Ranker:
    return Ranker.fit(frame, COLUMNS, "bought", ("customer_id",), seed, rounds=60)


def test_the_order_is_learned():
    # GIVEN
    asked = candidates(2)
    # WHEN
    scored = asked.assign(score=fit(candidates(1)).scores(asked))
    # THEN
    first = scored.sort_values("score", ascending=False).groupby("customer_id").head(3)
    assert first["bought"].mean() > 0.8


def test_rows_in_another_order_of_groups_teach_the_same():
    # GIVEN
    frame = candidates(1)
    shuffled = pd.concat([group for _, group in frame.groupby("customer_id")][::-1])
    # WHEN / THEN
    assert np.array_equal(fit(frame).scores(frame), fit(shuffled).scores(frame))
    assert not np.array_equal(fit(frame).scores(frame), fit(frame, seed=2).scores(frame))


def test_what_is_saved_scores_the_same(tmp_path: Path):
    # GIVEN
    frame = candidates(1)
    ranker = fit(frame)
    # WHEN
    ranker.save(tmp_path, "repeat")
    loaded = Ranker.load(tmp_path, "repeat")
    # THEN
    assert loaded.columns == COLUMNS
    assert np.array_equal(loaded.scores(frame), ranker.scores(frame))


def test_rows_that_teach_nothing_are_refused():
    # GIVEN groups in which nothing was bought
    frame = candidates(1).assign(bought=0)
    # WHEN / THEN
    with pytest.raises(ValueError, match="none of 60 groups"):
        fit(frame)
    with pytest.raises(ValueError, match="none of 0 groups"):
        fit(frame.iloc[:0])


def test_candidates_without_a_feature_are_refused_and_none_have_no_scores():
    # GIVEN
    ranker = fit(candidates(1))
    # WHEN / THEN
    with pytest.raises(ValueError, match="lack noise"):
        ranker.scores(candidates(1).drop(columns="noise"))
    assert ranker.scores(candidates(1).iloc[:0]).shape == (0,)


def test_ease_is_the_same_in_both_spaces_and_as_published():
    # GIVEN
    known = sparse.random(30, 20, density=0.3, random_state=3, format="csr")
    # WHEN
    dual, primal = (Affinity.fit(known, 2.0, dual=choice).scores(slice(0, 30)) for choice in (True, False))
    # THEN
    dense = known.toarray()
    inverse = np.linalg.inv(dense.T @ dense + 2.0 * np.eye(20))
    between = np.eye(20) - inverse / np.diag(inverse)
    np.testing.assert_allclose(primal, dense @ between, atol=1e-5)
    np.testing.assert_allclose(dual, dense @ between, atol=1e-5)


def test_a_weight_of_zero_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Affinity.fit(sparse.eye(3, format="csr"), 0.0)
