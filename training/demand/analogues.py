"""What products sell that are like one that never sold: those of its category, else of its department, else all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from commerce.families.demand.nodes import CATALOGUE
from training.demand import nodes

LEVELS = (*reversed(CATALOGUE), "shop")
"""Narrowest first."""
PLACES = (0.1, 10.0)
"""What an average series of a location sells, over the shop's, at least and most: beyond it few series tell that."""


def unsold(rows: pd.DataFrame) -> np.ndarray:
    """(rows,) mask of those of series and nodes that never sold."""
    return _column(rows, "life") == 0


def told(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(rows,) units per period that an average series like it sells in its place, and (rows,) the level that tells.

    Where a location sells twice what the shop's series do on average, so do its likes there: effects of product and
    place multiply. A node's are those of as many series. NaN where not even the shop sells.
    """
    units = np.full(len(rows), np.nan)
    level = np.full(len(rows), LEVELS[-1], dtype=object)
    for name in LEVELS:
        peers = _column(rows, f"{name}_peer")
        # What the catalogue puts into no category is not alike.
        number = f"{name}_number"
        named = rows[number].notna().to_numpy() if number in rows else True
        here = np.isnan(units) & ~np.isnan(peers) & named
        units[here], level[here] = peers[here], name
    shop = _column(rows, "shop_peer")
    place = np.clip(_column(rows, "location_peer") / np.where(shop > 0, shop, np.nan), *PLACES)
    series = np.maximum(_column(rows, nodes.MEMBERS), 1.0) if nodes.MEMBERS in rows else 1.0
    return units * np.where(np.isnan(place), 1.0, place) * series, level


def _column(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].to_numpy(dtype=np.float64)
