"""Exported trees give the raw scores of the libraries that grew them."""

import lightgbm
import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from commerce.trees import Forest
from training.assessing.exporting import ABSENT, of_booster, of_isolation, vectorised

SETTINGS = {"objective": "binary", "num_threads": 1, "verbose": -1, "deterministic": True, "force_row_wise": True}


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Columns of all kinds: continuous, counts with many zeros, partly missing, yes or no."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 4))
    X[:, 1] = rng.poisson(1, len(X))
    X[rng.random(len(X)) < 0.3, 2] = np.nan
    X[:, 3] = X[:, 3] > 0
    return X


@pytest.fixture(scope="module")
def booster(rows) -> lightgbm.Booster:
    noise = np.random.default_rng(1).normal(size=len(rows))
    outcome = rows[:, 0] + rows[:, 1] + np.nan_to_num(rows[:, 2], nan=2.0) + noise > 1.5
    return lightgbm.train(SETTINGS, lightgbm.Dataset(rows, outcome.astype(float)), 30)


def hardest(rows: np.ndarray, forest: Forest) -> np.ndarray:
    """Rows in which one value lies on, just above or just below a threshold, is zero or is missing."""
    rng = np.random.default_rng(2)
    hard = rows[rng.integers(0, len(rows), 1500)].copy()
    splits = [split for tree in forest.trees for split in zip(tree.feature, tree.threshold, strict=True)]
    for row in hard:
        feature, threshold = splits[rng.integers(len(splits))]
        just = (np.nextafter(threshold, np.inf), np.nextafter(threshold, -np.inf))
        row[feature] = rng.choice([threshold, *just, 0.0, -0.0, np.nan])
    return hard


def walked(forest: Forest, X: np.ndarray) -> np.ndarray:
    return np.array([forest.explained([None if np.isnan(v) else v for v in row])[0] for row in X.tolist()])


def test_a_booster_is_walked_to_the_same_raw_scores(rows, booster):
    # GIVEN trees of LightGBM, exported, and rows on their thresholds
    forest = of_booster(booster)
    hard = hardest(rows, forest)
    # WHEN they are walked in plain Python
    found = walked(forest, hard)
    # THEN the scores are the library's
    assert np.abs(found - booster.predict(hard, raw_score=True)).max() < 1e-12


def test_many_rows_at_once_are_as_one_by_one(rows, booster):
    # GIVEN an exported forest
    forest = of_booster(booster)
    hard = hardest(rows, forest)
    # WHEN all rows are walked at once
    found = vectorised(forest, hard)
    # THEN it is as one by one, to the last digit
    assert found.tolist() == walked(forest, hard).tolist()


def test_contributions_start_from_the_mean_of_the_rows_that_were_learned_from(rows, booster):
    # GIVEN an exported forest
    forest = of_booster(booster)
    # WHEN the contributions of all rows are added up
    added = [sum(forest.explained([None if np.isnan(v) else v for v in row])[1]) for row in rows[:200].tolist()]
    # THEN what is left of each raw score is one number, the mean of all raw scores
    left = vectorised(forest, rows[:200]) - added
    assert np.ptp(left) < 1e-12
    assert left[0] == pytest.approx(vectorised(forest, rows).mean(), abs=1e-12)


def test_an_isolation_forest_ranks_as_the_librarys(rows):
    # GIVEN an isolation forest of scikit-learn, exported, and rows on its thresholds, which it rounds
    library = IsolationForest(n_estimators=30, max_samples=128, random_state=0).fit(np.nan_to_num(rows, nan=ABSENT))
    forest = of_isolation(library)
    hard = hardest(rows, forest)
    # WHEN they are walked in plain Python
    found = walked(forest, hard)
    # THEN minus two to the power of the mean path over the usual one is the library's score
    usual = 2 * (np.log(127.0) + np.euler_gamma) - 2 * 127 / 128
    expected = library.score_samples(np.nan_to_num(hard, nan=ABSENT))
    assert np.abs(-np.exp2(found / usual) - expected).max() < 1e-12


def test_what_cannot_be_walked_is_refused(rows):
    # GIVEN trees that split by category
    data = lightgbm.Dataset(rows, rows[:, 1] % 2 == 0, categorical_feature=[1])
    booster = lightgbm.train(SETTINGS, data, 3)
    # WHEN they are exported, THEN it is refused
    with pytest.raises(ValueError, match="category"):
        of_booster(booster)
