"""The difference between treated and held-out customers, adjusted for strata and earlier behaviour.

1. CUPED (Deng, Xu, Kohavi and Walker 2013): covariates known before the start, times a slope fitted within strata and
   groups together, are taken off the outcomes. One slope for both groups: Lin (2013) fits one to each, which at equal
   slopes gains nothing, and a small holdout's own slope is noisy with heavy-tailed spending.
2. Post-stratification (Miratrix, Sekhon and Yu 2013): means by group and stratum, weighted by the strata's sizes.
3. Variance by group (Neyman), within strata. A group's own variance rests on few customers where spending is
   heavy-tailed or orders are rare: with two buyers in a holdout it is mostly luck, and interval and test with it. It is
   therefore moderated (Smyth 2004): averaged with the variance of both groups together, which counts as
   `PRIOR_FREEDOM` degrees of freedom against the group's own 2 n / (kurtosis − 1).
4. Student's t with Satterthwaite's (1946) degrees of freedom.

Every column of outcomes is one look at the same customers. The looks' correlation comes from their residuals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from campaigns.measure.strata import comparable

PRIOR_FREEDOM = 10.0
"""Chosen on simulated campaigns without effect (README.md): of 0, 4, 10 and 30 the one that kept 5 % best."""

SMALLEST_GROUP = 5
"""Customers without whom a group is not compared."""

CUSTOMERS_PER_COVARIATE = 10
"""Customers of the smaller group for each covariate; with fewer, the last covariates are left out."""

_BY_LOOK = (
    "difference", "error", "freedom", "treated_mean", "holdout_mean", "holdout_error", "unadjusted", "variance_ratio",
)  # fmt: skip
_FLAT = 1e-9
"""Spread of a column, as a share of its size, below which it is constant but for rounding."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of K looks; every array is (K,), `correlation` (K, K)."""

    treated: int
    held_out: int
    difference: np.ndarray
    error: np.ndarray
    """Standard error of the difference; 0 where no two customers of a group differ, and nothing can be said."""
    freedom: np.ndarray
    """Degrees of freedom of its t statistic."""
    correlation: np.ndarray
    treated_mean: np.ndarray
    """Adjusted, as `holdout_mean`: their difference is `difference`."""
    holdout_mean: np.ndarray
    holdout_error: np.ndarray
    unadjusted: np.ndarray
    """Plain difference of means."""
    variance_ratio: np.ndarray
    """Variance of the difference / variance of the plain difference of means."""

    def at(self, look: int) -> Estimate:
        """This look alone, counted from 0, as if there had been no other."""
        arrays = {name: np.atleast_1d(getattr(self, name)[look]) for name in _BY_LOOK}
        return replace(self, correlation=np.ones((1, 1)), **arrays)


def estimate(
    outcomes: np.ndarray, treated: np.ndarray, stratum: np.ndarray, covariates: np.ndarray | None = None
) -> Estimate | None:
    """Effect on `outcomes` (n, K) of `treated` (n,) bool; None where a group has fewer than `SMALLEST_GROUP`.

    `stratum` (n,) of any values; `covariates` (n, p), the most telling first, all known before the start.
    """
    outcomes = np.asarray(outcomes, dtype=float)
    sizes = np.array([np.sum(~treated), np.sum(treated)])
    if sizes.min() < SMALLEST_GROUP:
        return None
    cells = _Cells(treated, comparable(stratum, treated))
    kept = None if covariates is None else covariates[:, : int(sizes.min()) // CUSTOMERS_PER_COVARIATE]
    adjusted = outcomes if kept is None else outcomes - _explained(outcomes, kept, cells)
    residuals = cells.residuals(adjusted)
    by_group = cells.variances(residuals)
    moderated = _moderated(np.einsum("gkk->gk", by_group), cells.pooled_variances(residuals), residuals, sizes)
    variance = moderated.sum(axis=0)
    freedom = _ratio(variance**2, (moderated**2 / (sizes - cells.strata)[:, None]).sum(axis=0))
    held_out_mean, treated_mean = cells.group_means(adjusted)
    plain = (outcomes[~treated], outcomes[treated])
    plain_variance = plain[0].var(axis=0, ddof=1) / sizes[0] + plain[1].var(axis=0, ddof=1) / sizes[1]
    return Estimate(
        treated=int(sizes[1]),
        held_out=int(sizes[0]),
        difference=treated_mean - held_out_mean,
        error=np.sqrt(variance),
        freedom=np.maximum(freedom, 1.0),
        correlation=_correlation(by_group.sum(axis=0)),
        treated_mean=treated_mean,
        holdout_mean=held_out_mean,
        holdout_error=np.sqrt(moderated[0]),
        unadjusted=plain[1].mean(axis=0) - plain[0].mean(axis=0),
        variance_ratio=np.where(plain_variance > 0, _ratio(by_group.sum(axis=0).diagonal(), plain_variance), 1.0),
    )


class _Cells:
    """Customers by group and stratum: numbers 0 … strata − 1 for the held out, then the treated."""

    def __init__(self, treated: np.ndarray, stratum: np.ndarray) -> None:
        self.strata = int(stratum.max()) + 1
        self.stratum = stratum
        self.treated = treated
        self.of = treated.astype(int) * self.strata + stratum
        self.count = np.bincount(self.of, minlength=2 * self.strata).astype(float)
        self.weight = np.bincount(stratum, minlength=self.strata) / len(stratum)

    def means(self, values: np.ndarray) -> np.ndarray:
        """(cells, K) means of `values` (n, K)."""
        sums = [np.bincount(self.of, column, minlength=2 * self.strata) for column in values.T]
        return np.stack(sums, axis=1) / self.count[:, None] if sums else np.empty((2 * self.strata, 0))

    def residuals(self, values: np.ndarray) -> np.ndarray:
        """(n, K) deviations from the cell's mean; those of rounding alone are 0."""
        found = values - self.means(values)[self.of]
        size = np.abs(values).max(axis=0, initial=0.0)
        return np.where(np.abs(found) <= 1e-12 * size, 0.0, found)

    def group_means(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(K,) means of the held out and of the treated, strata weighted by their size."""
        means = self.means(values)
        return self.weight @ means[: self.strata], self.weight @ means[self.strata :]

    def variances(self, residuals: np.ndarray) -> np.ndarray:
        """(2, K, K) covariance of each group's mean over the looks."""
        share = (np.tile(self.weight, 2) ** 2 / (self.count * (self.count - 1)))[self.of][:, None]
        groups = (residuals[~self.treated], residuals[self.treated])
        shares = (share[~self.treated], share[self.treated])
        return np.stack([(group * s).T @ group for group, s in zip(groups, shares, strict=True)])

    def pooled_variances(self, residuals: np.ndarray) -> np.ndarray:
        """(2, K) variances of each group's mean, were both groups as variable as they are together."""
        squares = np.stack([np.bincount(self.stratum, r**2, minlength=self.strata) for r in residuals.T], axis=1)
        counts = self.count.reshape(2, self.strata)
        pooled = squares / (counts.sum(axis=0) - 2)[:, None]
        return np.stack([(self.weight**2 / count) @ pooled for count in counts])


def _explained(outcomes: np.ndarray, covariates: np.ndarray, cells: _Cells) -> np.ndarray:
    """(n, K) what the covariates say of the outcomes, around the covariates' means over all customers."""
    inside = cells.residuals(covariates)
    spread = inside.std(axis=0)
    telling = spread > _FLAT * np.abs(covariates).max(axis=0, initial=0.0)
    scaled = inside[:, telling] / spread[telling]
    slopes = np.linalg.lstsq(scaled, cells.residuals(outcomes), rcond=_FLAT)[0]
    centred = covariates[:, telling] - covariates[:, telling].mean(axis=0)
    return (centred / spread[telling]) @ slopes


def _moderated(own: np.ndarray, pooled: np.ndarray, residuals: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(2, K) variances of the groups' means, each between its own and the pooled one by how much its own can tell."""
    kurtosis = _ratio((residuals**4).mean(axis=0), (residuals**2).mean(axis=0) ** 2)
    freedom = 2 * sizes[:, None] / np.maximum(kurtosis - 1, 1.0)
    share = PRIOR_FREEDOM / (PRIOR_FREEDOM + freedom)
    return share * pooled + (1 - share) * own


def _correlation(covariance: np.ndarray) -> np.ndarray:
    """Correlation; a look without any variance stands alone."""
    deviation = np.sqrt(covariance.diagonal())
    found = _ratio(covariance, np.outer(deviation, deviation))
    np.fill_diagonal(found, 1.0)
    return found


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Quotient, 0 where `below` is 0."""
    return np.divide(above, below, out=np.zeros(np.shape(above)), where=below > 0)
