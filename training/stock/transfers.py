"""What one location has too much of and another will lack before its supplier delivers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from commerce.families.demand.answer import EVERYWHERE


@dataclass(frozen=True)
class Transfers:
    """(series,) each: row of the giver or −1, units received, units given, expected loss avoided."""

    giver: np.ndarray
    received: np.ndarray
    given: np.ndarray
    money: np.ndarray


def transfers(
    keys: pd.DataFrame, surplus: np.ndarray, need: np.ndarray, lost: np.ndarray, shortage: np.ndarray
) -> Transfers:
    """Whole units moved within a product, those first whose receiver loses most.

    `surplus` (series,) is what a location has beyond its own target, so that no giver runs short; `need` (series,) what
    one wants until its supplier delivers; `lost` (series, paths) what it loses until then without; `shortage` (series,)
    the cost of a lost unit. A location receives from one other, the one with most to give.
    """
    count = len(keys)
    left = np.floor(surplus)
    giver, received, given, money = np.full(count, -1), np.zeros(count), np.zeros(count), np.zeros(count)
    somewhere = (keys["location_id"] != EVERYWHERE).to_numpy()
    products = pd.factorize(keys["product_id"])[0]
    wanting, giving = (np.unique(products[somewhere & enough]) for enough in (need >= 1, left >= 1))
    order = np.flatnonzero(somewhere & np.isin(products, np.intersect1d(wanting, giving)))
    order = order[np.argsort(products[order], kind="stable")]
    for rows in np.split(order, np.flatnonzero(np.diff(products[order])) + 1):
        takers = rows[need[rows] >= 1]
        for row in takers[np.argsort(-(lost[takers].mean(axis=1) * shortage[takers]), kind="stable")]:
            source = rows[np.argmax(np.where(rows == row, -1.0, left[rows]))]
            units = min(np.ceil(need[row]), left[source])
            if units < 1:
                continue
            left[source] -= units
            giver[row], received[row] = source, units
            given[source] += units
            money[row] = shortage[row] * np.minimum(lost[row], units).mean()
    return Transfers(giver, received, given, money)
