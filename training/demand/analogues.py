"""What products sell that are like one that never sold: those of its category, else of its department, else all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from commerce.families.demand.nodes import CATALOGUE
from training.demand import nodes

LEVELS = (*reversed(CATALOGUE), "shop")
"""Narrowest first."""


def unsold(rows: pd.DataFrame) -> np.ndarray:
    """(rows,) mask of those of series and nodes that never sold."""
    return rows["life"].to_numpy(dtype=np.float64) == 0


def told(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(rows,) units per period that an average series like it sells, of nodes as many, and (rows,) the level it is of.

    NaN where not even the shop sells.
    """
    units = np.full(len(rows), np.nan)
    level = np.full(len(rows), LEVELS[-1], dtype=object)
    for name in LEVELS:
        peers = rows[f"{name}_peer"].to_numpy(dtype=np.float64)
        # What the catalogue puts into no category is not alike.
        named = rows[f"{name}_number"].notna().to_numpy() if name in CATALOGUE else True
        here = np.isnan(units) & ~np.isnan(peers) & named
        units[here], level[here] = peers[here], name
    return units * np.maximum(rows[nodes.MEMBERS].to_numpy(dtype=np.float64), 1.0), level
