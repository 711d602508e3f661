"""Drawn events of payments with labels that some of their features tell."""

import numpy as np
import pandas as pd

from commerce.families import discover
from commerce.streams.windows import DAY, SECOND
from training.assessing.rows import AT_STAKE
from training.contract import LABEL
from training.streaming.batch import AT

FAMILY = discover()["fraud"]
ASSESSMENT = FAMILY.assessment


def events(rows: int, seed: int) -> pd.DataFrame:
    """Two weeks of events: fraud where the first feature is high, more so where the second has no value."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, len(ASSESSMENT.features)))
    X[rng.random(rows) < 0.2, 1] = np.nan
    chance = 1 / (1 + np.exp(4.0 - 1.5 * X[:, 0] - np.isnan(X[:, 1])))
    frame = pd.DataFrame(X, columns=list(ASSESSMENT.features))
    frame["entity_id"] = [f"e{row}" for row in range(rows)]
    frame[AT] = np.sort(rng.integers(0, 14 * DAY.seconds * SECOND, rows))
    frame[AT_STAKE] = rng.uniform(1, 100, rows)
    frame[LABEL] = (rng.random(rows) < chance).astype(float)
    return frame
