"""Expected demand: which trees there are, and that they are all kept."""

from __future__ import annotations

import numpy as np
import pytest

from training.demand import mean
from training.demand.design import COLUMNS
from training.demand.mean import FILES, Mean


@pytest.mark.parametrize(("few", "files"), [(10_000, FILES), (100, FILES[:1])])
def test_few_rows_have_two_kinds_of_trees(few, files, monkeypatch, tmp_path):
    # GIVEN 500 rows, which are few or many
    monkeypatch.setattr(mean, "FEW_ROWS", few)
    monkeypatch.setattr(mean, "RANDOM_ROUNDS", 20)
    rng = np.random.default_rng(0)
    X = rng.random((500, len(COLUMNS)))
    y, level = rng.poisson(3 * X[:, 0]).astype(float), np.ones(500)
    # WHEN trees are fitted, saved and loaded
    fitted = Mean.fit(X, y, level, seed=0)
    fitted.save(tmp_path)
    # THEN they are of both kinds or of the usual one, and the mean of all is what is expected
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)
    assert np.array_equal(Mean.load(tmp_path).predict(X, level), fitted.predict(X, level))
    each = np.column_stack([booster.predict(X) for booster in fitted.boosters])
    assert fitted.predict(X, level) == pytest.approx(each.mean(axis=1))
