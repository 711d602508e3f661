"""LightGBM as this family uses it: the same trees for the same rows, and no threads where they would only wait."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np

MIN_LEAF, MAX_LEAF = 5, 100
"""Rows of a leaf at least: few for a small shop, many for a large one."""
LEAVES = 50
"""Leaves of that size that a small shop's rows would fill."""
ROWS_WORTH_THREADS = 50_000
_SETTINGS: dict[str, Any] = {"deterministic": True, "force_row_wise": True, "verbose": -1}


def train(settings: dict[str, Any], data: lightgbm.Dataset, rows: int, rounds: int, seed: int) -> lightgbm.Booster:
    """Trees of the `rows` of `data`."""
    leaf = int(np.clip(rows // LEAVES, MIN_LEAF, MAX_LEAF))
    own = settings | _SETTINGS | {"seed": seed, "min_data_in_leaf": leaf, "num_threads": threads(rows)}
    return lightgbm.train(own, data, num_boost_round=rounds)


def predict(trees: lightgbm.Booster, X: np.ndarray) -> np.ndarray:
    """(rows,) what the trees say of X."""
    return np.asarray(trees.predict(X, num_threads=threads(len(X))))


def threads(rows: int) -> int:
    """All (0) where there are many rows; else one: starting others takes longer than their share of the work."""
    return 0 if rows >= ROWS_WORTH_THREADS else 1
