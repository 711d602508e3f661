"""Coherent means: what a node is expected to sell is what the series below it are, to the digits that are published.

Forecasts of all rows are moved as little as makes them add up, each by as much as it is uncertain: least squares
weighted by the variances of the forecasts themselves (minimum trace with a diagonal: Wickramasuriya, Athanasopoulos and
Hyndman, *Optimal forecast reconciliation for hierarchical and grouped time series through trace minimization*, 2019).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator, cg
from scipy.stats import norm

from commerce.families.demand.answer import LEVELS
from commerce.families.demand.nodes import NAMED
from training.contract import AS_OF, ENTITY
from training.demand import nodes
from training.demand.features import LOCATION, STEP

DECIMALS = 3
"""Of what is published."""
_SPREAD = (0.1, 0.9)
"""Levels whose distance tells a variance, as of a normal distribution: tails tell little of how sure a mean is."""
_LEAST = 1e-6
_TOLERANCE = 1e-9
_BELOW: dict[str, list[str]] = {
    "shop": [],
    "location": [LOCATION],
    **{name: [f"{name}_number"] for name in NAMED},
    "product": [ENTITY],
}
"""What a row of a node and those of the series below it have in common, beside date and step."""


def summing(frame: pd.DataFrame) -> sparse.csr_array | None:
    """(nodes, series) 1 where a row of a node is the sum over that of a series, both in the order of the frame.

    None where there is no node, or where the frame lacks rows below one: a part of a shop does not add up.
    """
    series = nodes.series(frame)
    above, below = np.flatnonzero(~series), np.flatnonzero(series)
    if not len(above):
        return None
    kinds = nodes.kinds(frame)[above]
    pairs = []
    for kind, on in _BELOW.items():
        keys = [AS_OF, STEP, *on]
        own = np.flatnonzero(kinds == kind)
        if len(own):
            upper = frame[keys].iloc[above[own]].assign(node=own)
            lower = frame[keys].iloc[below].assign(series=np.arange(len(below)))
            pairs.append(upper.merge(lower, on=keys)[["node", "series"]].to_numpy())
    row, column = np.concatenate(pairs).T
    found = sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(above), len(below)))
    members = frame[nodes.MEMBERS].to_numpy(dtype=np.float64)[above]
    return found if np.array_equal(found.sum(axis=1), members) else None


def reconciled(means: np.ndarray, variances: np.ndarray, series: np.ndarray, sums: sparse.csr_array) -> np.ndarray:
    """(rows,) coherent means, not below 0: of series (mask `series`) as they are published, of nodes the sums of these.

    `means` and `variances` are (rows,), the latter above 0; `sums` is of `summing`.
    """
    below, above = variances[series], variances[~series]
    # In the number of nodes, and never as a matrix: a shop has as many totals as products.
    added = aslinearoperator(sums)
    missed = aslinearoperator(sparse.diags_array(above)) + added @ aslinearoperator(sparse.diags_array(below)) @ added.T
    scale = sparse.diags_array(1 / (above + sums @ below))
    gaps, _ = cg(missed, sums @ means[series] - means[~series], rtol=_TOLERANCE, M=scale)
    found = np.empty_like(means)
    found[series] = np.round(np.maximum(means[series] - below * (sums.T @ gaps), 0.0), DECIMALS)
    found[~series] = np.round(sums @ found[series], DECIMALS)
    return found


def variances(means: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """(rows,) of forecasts with these means (rows,) and quantiles (rows, levels), a Poisson count's at least."""
    low, high = (LEVELS.index(level) for level in _SPREAD)
    deviations = (quantiles[:, high] - quantiles[:, low]) / float(np.diff(norm.ppf(_SPREAD))[0])
    return np.maximum(deviations**2, means + _LEAST)
