"""What a raw score is worth as a probability: beta calibration.

M. Kull, T. Silva Filho and P. Flach, *Beta calibration*, 2017. Three numbers, so that a few dozen frauds are enough,
and it rises strictly: isotonic regression gives many rows the same probability, which costs ranking.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

Curve = tuple[tuple[float, float], ...]
POINTS = 256
BEYOND = 4.0
"""How far the curve goes on past the scores that were seen, in log-odds."""
_PRIOR = np.array([1.0, 1.0, 0.0])
"""The score as it is: what is believed as far as the outcomes do not say otherwise."""
_TRUST = np.array([1.0, 1.0, 0.01])
"""How strongly: precisions of the prior."""
_FLATTEST = 0.01


def calibrated(raw: np.ndarray, outcome: np.ndarray) -> Curve:
    """Points (raw score in log-odds, probability) of a curve that rises strictly.

    `raw` and `outcome` (0 or 1): (rows,) of events that the trees have not learned from.
    """
    terms = _terms(raw)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logit = terms @ weights
        apart = weights - _PRIOR
        value = np.sum(np.logaddexp(0.0, logit) - outcome * logit) + np.sum(_TRUST * apart**2) / 2
        return float(value), terms.T @ (expit(logit) - outcome) + _TRUST * apart

    bounds = [(_FLATTEST, None), (_FLATTEST, None), (None, None)]
    found = minimize(cast(Any, loss), _PRIOR, jac=True, method="L-BFGS-B", bounds=bounds)
    points = np.linspace(raw.min() - BEYOND, raw.max() + BEYOND, POINTS)
    return tuple(zip(points.tolist(), expit(_terms(points) @ found.x).tolist(), strict=True))


def probabilities(curve: Curve, raw: np.ndarray) -> np.ndarray:
    """(rows,) what the curve says of raw scores: linear between its points, flat beyond them."""
    points = np.array(curve)
    return np.interp(raw, points[:, 0], points[:, 1])


def _terms(raw: np.ndarray) -> np.ndarray:
    """(rows, 3): ln p and -ln(1 - p) of the probability p that the raw score stands for, and 1."""
    return np.column_stack([-np.logaddexp(0.0, -raw), np.logaddexp(0.0, raw), np.ones_like(raw)])
