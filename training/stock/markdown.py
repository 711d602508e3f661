"""What a lower price recovers from stock that does not sell."""

from __future__ import annotations

import numpy as np

from training.stock.paths import Paths
from training.stock.terms import YEAR_DAYS, Policy, Terms

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Cuts of the price that are weighed."""


def markdown(paths: Paths, on_hand: np.ndarray, terms: Terms, policy: Policy) -> tuple[np.ndarray, np.ndarray]:
    """(series,) the cut that brings in most for what is on hand, and how much more than the full price.

    Demand follows the price with the policy's constant elasticity. What is left at the end of the forecast, or of the
    shelf life, is worth its cost less what spoils, or less what holding it costs until it is sold at the usual pace.
    """
    until = np.minimum(terms.life, paths.horizon)
    asked = paths.upto(until[:, None])
    pace = np.maximum(asked.mean(axis=1) / until, 1e-9)
    values = []
    for share in SHARES:
        sold = np.minimum(asked * (1 - share) ** policy.elasticity, on_hand[:, None]).mean(axis=1)
        left = on_hand - sold
        held = np.maximum(1 - policy.holding_rate * (left / pace / 2) / YEAR_DAYS, 0.0)
        worth = terms.cost * np.where(np.isfinite(terms.life), 1 - policy.spoilage_share, held)
        values.append(terms.price * (1 - share) * sold + worth * left)
    best = np.argmax(values, axis=0)
    return np.array(SHARES)[best], np.max(values, axis=0) - values[0]
