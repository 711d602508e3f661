"""Whether a variable's distribution changed: the population stability index, and how large it is by chance alone.

PSI = Σ (q − p) ln(q / p) over bins that hold a tenth of the reference each. 0.1 and 0.25 are a rule of thumb of credit
scoring (N. Siddiqi, *Credit Risk Scorecards*, 2006) that knows nothing of the number of rows. Without any change PSI
of samples of n and m rows over B bins is distributed as (1/n + 1/m) χ² with B − 1 degrees of freedom, whose mean is
(B − 1)(1/n + 1/m) (B. Yurdakul, *Statistical Properties of Population Stability Index*, 2018). So a change counts only
where it exceeds both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from commerce.assessments.monitoring import Level

BINS = 10
LEAST_ROWS = 100
"""In either sample, for anything to be said."""
MODERATE, MAJOR = 0.1, 0.25
FALSE_FINDINGS = 0.01
"""Chance that of all variables compared any exceeds the noise without a change (Bonferroni)."""
_EMPTY = 0.5
"""Rows that are added to each bin, so that one which only one sample fills has a finite share in PSI."""


@dataclass(frozen=True, slots=True)
class Index:
    """PSI over `bins` that hold anything of either sample, of `reference` and `recent` rows."""

    psi: float
    bins: int
    reference: int
    recent: int

    def noise(self, comparisons: int = 1) -> float:
        """What PSI stays below without a change, in all of `comparisons` but the share `FALSE_FINDINGS`."""
        if self.bins < 2:
            return 0.0
        quantile = chi2.isf(FALSE_FINDINGS / comparisons, self.bins - 1)
        return float(quantile * (1 / self.reference + 1 / self.recent))

    def level(self, comparisons: int = 1) -> Level:
        """`moderate` or `major` by the rule of thumb, if beyond the noise."""
        if self.psi < MODERATE or self.psi <= self.noise(comparisons):
            return "none"
        return "major" if self.psi >= MAJOR else "moderate"


def index(reference: np.ndarray, recent: np.ndarray) -> Index | None:
    """PSI of `recent` against `reference`, (rows,) each, NaN where there is no value; None where rows are too few.

    Missing values are a bin of their own.
    """
    if min(len(reference), len(recent)) < LEAST_ROWS:
        return None
    edges = _edges(reference)
    counts = np.stack([_counts(reference, edges), _counts(recent, edges)])
    held = counts[:, counts.sum(axis=0) > 0] + _EMPTY
    before, now = held / held.sum(axis=1, keepdims=True)
    psi = float(np.sum((now - before) * np.log(now / before)))
    return Index(psi, held.shape[1], len(reference), len(recent))


def _edges(reference: np.ndarray) -> np.ndarray:
    """Upper edges of bins but the last: tenths of the reference, fewer where values repeat.

    Where a tenth or more have the least value, or the greatest, what lies beyond it has a bin of its own.
    """
    values = reference[~np.isnan(reference)]
    if not len(values):
        return np.empty(0)
    # Observed values, not means of two: the bins are then the same whatever rises with the variable.
    tenths = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:], method="inverted_cdf")
    least, greatest = values.min(), tenths[-1]
    inner = tenths if tenths[-2] == greatest else tenths[:-1]
    return np.unique(np.append(inner, np.nextafter(least, -np.inf)) if tenths[0] == least else inner)


def _counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(bins,) rows per bin, those without a value last."""
    missing = np.isnan(values)
    held = np.bincount(np.searchsorted(edges, values[~missing], side="left"), minlength=len(edges) + 1)
    return np.append(held, missing.sum()).astype(float)
