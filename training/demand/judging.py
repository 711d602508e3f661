"""How good forecasts of a distribution are: sums per series first, so that the bootstrap resamples series."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from commerce.families.demand.answer import LEVELS
from commerce.families.demand.nodes import KINDS, NUMBERED
from commerce.families.demand.nodes import SERIES as LOWEST
from training.contract import ENTITY, LABEL
from training.demand import nodes
from training.demand.features import LOCATION, STEP

INTERMITTENT = 1 / 1.32
"""Share of periods with demand below which a series is intermittent: one period in 1.32 (Syntetos, Boylan and Croston,
*On the categorization of demand patterns*, 2005)."""
CENTRAL = (0.5, 0.8, 0.9)
"""Central intervals whose coverage is judged."""
_K = len(LEVELS)
_LOSS, _ERROR, _SQUARED, _BELOW, _STEPS = 0, 1, 2, 3, 3 + _K
"""Columns of what is judged: pinball loss, error and squared error of the mean, share at or below each level's
quantile, then absolute errors by step, and the last `_NODES` those of each of `NUMBERED`."""
_NODES = len(NUMBERED)

Predictions = Mapping[str, np.ndarray]


def judged(holdout: pd.DataFrame, predictions: Predictions) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """`per_series` of the series among the rows. What is told of nodes, for curves alone, is in the first one's row."""
    series = nodes.series(holdout)
    outcome, found = per_series(_of(holdout, series), {name: each[series] for name, each in predictions.items()})
    if not series.any():
        return outcome, found
    above, kinds = _of(holdout, ~series), nodes.kinds(holdout)[~series]
    y = above[LABEL].to_numpy(dtype=np.float64)
    for kind in KINDS:
        own, column = kinds == kind, NUMBERED.index(kind) - _NODES
        outcome[0, column] = y[own].sum()
        for name, predicted in predictions.items():
            found[name][0, column] = np.abs(predicted[~series][own, 0] - y[own]).sum()
    return outcome, found


def per_series(holdout: pd.DataFrame, predictions: Predictions) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(outcome, judged by contender), one row per series.

    `outcome` is (series, 2 + steps + levels of the shop): demand, rows, then demand by step and level. `judged` is
    (series, 3 + levels + steps + levels of the shop), see above. Predictions are (rows, 1 + levels): mean, quantiles.
    """
    series = holdout.groupby([ENTITY, LOCATION], sort=True).ngroup().to_numpy()
    count = int(series.max()) + 1 if len(series) else 0
    y, step = holdout[LABEL].to_numpy(dtype=np.float64), holdout[STEP].to_numpy(dtype=np.int64)
    by_step = np.eye(int(step.max()) if len(step) else 0)[step - 1]
    by_level = np.eye(_NODES)[[NUMBERED.index(LOWEST)] * len(y)]
    outcome = _summed(np.column_stack([y, np.ones_like(y), y[:, None] * by_step, y[:, None] * by_level]), series, count)
    judged = {}
    for name, found in predictions.items():
        error, quantiles = found[:, 0] - y, found[:, 1:]
        size = np.abs(error)[:, None]
        parts = [pinball(y, quantiles), error, error**2, below(y, quantiles), size * by_step, size * by_level]
        judged[name] = _summed(np.column_stack(parts), series, count)
    return outcome, judged


def measure(outcome: np.ndarray, judged: np.ndarray) -> dict[str, float]:
    """pinball, scaled_rmse, bias (all over mean demand) and coverage_error of what `per_series` made.

    pinball: mean over levels, the sum of losses over the sum of demand. coverage_error: the largest distance of a
    central interval's coverage from what it should be. What is undefined without demand is left out.
    """
    demand, rows = outcome[:, 0].sum(), outcome[:, 1].sum()
    if not rows:
        return {}
    reached = judged[:, _BELOW:_STEPS].sum(axis=0) / rows
    metrics = {"coverage_error": max(abs(_covered(reached, share) - share) for share in CENTRAL)}
    if demand > 0:
        metrics |= {
            "pinball": judged[:, _LOSS].sum() / demand,
            "scaled_rmse": np.sqrt(judged[:, _SQUARED].sum() / rows) / (demand / rows),
            "bias": judged[:, _ERROR].sum() / demand,
        }
    return {name: float(value) for name, value in metrics.items()}


def measured(labelled: pd.DataFrame, predicted: np.ndarray) -> dict[str, float]:
    """The metrics of one contender's predictions (rows, 1 + levels)."""
    outcome, judged = per_series(labelled, {"": predicted})
    return measure(outcome, judged[""])


def curves(outcome: np.ndarray, judged: np.ndarray) -> dict[str, list[dict[str, float]]]:
    """`coverage`: share at or below each level's quantile; `error_by_step`: absolute error over demand.

    `error_by_level` likewise, from the whole shop to series, of levels that have demand, by their place in `NUMBERED`.
    """
    rows = max(outcome[:, 1].sum(), 1.0)
    reached = judged[:, _BELOW:_STEPS].sum(axis=0) / rows
    shares = {
        k: float(error / demand)
        for k, (error, demand) in enumerate(
            zip(judged[:, _STEPS:].sum(axis=0), outcome[:, 2:].sum(axis=0), strict=True)
        )
        if demand > 0
    }
    steps = outcome.shape[1] - 2 - _NODES
    down = (NUMBERED.index(kind) for kind in (*KINDS, LOWEST))
    return {
        "coverage": [{"level": level, "covered": float(c)} for level, c in zip(LEVELS, reached, strict=True)],
        "error_by_step": [{"step": float(k + 1), "error": error} for k, error in shares.items() if k < steps],
        "error_by_level": [{"level": float(n), "error": shares[steps + n]} for n in down if steps + n in shares],
    }


def slices(holdout: pd.DataFrame) -> dict[str, np.ndarray]:
    """Masks of rows of intermittent series and of those first sold within 13 weeks."""
    share, new = (holdout[name].to_numpy(dtype=np.float64) for name in ("share_52", "new"))
    series = nodes.series(holdout)
    return {"intermittent": series & (share < INTERMITTENT), "new": series & (new > 0)}


def pinball(y: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """(rows,) loss of the quantiles (rows, levels), mean over levels (Koenker and Bassett 1978)."""
    error = y[:, None] - quantiles
    return np.maximum(np.array(LEVELS) * error, (np.array(LEVELS) - 1) * error).mean(axis=1)


def below(y: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """(rows, levels) probability that the randomised PIT of the outcome is at most the level; 0 or 1 but for ties.

    Where quantiles equal the outcome, the forecast has a mass there, between the levels around it: the PIT is uniform
    over that mass (Czado, Gneiting and Held, *Predictive model assessment for count data*, 2009). Masses end halfway to
    the next level; that of 0, below which there is nothing, begins at 0.
    """
    levels = np.array([0.0, *LEVELS, 1.0])
    under = (quantiles < y[:, None]).sum(axis=1)
    upto = (quantiles <= y[:, None]).sum(axis=1)
    low = np.where(y > 0, (levels[under] + levels[under + 1]) / 2, 0.0)
    high = (levels[upto] + levels[upto + 1]) / 2
    share = (np.array(LEVELS) - low[:, None]) / np.maximum(high - low, 1e-12)[:, None]
    return np.where(quantiles == y[:, None], np.clip(share, 0, 1), (quantiles > y[:, None]).astype(float))


def _covered(reached: np.ndarray, share: float) -> float:
    """Coverage of the central interval, between levels on the line."""
    low, high = np.interp([(1 - share) / 2, (1 + share) / 2], LEVELS, reached)
    return float(high - low)


def _of(rows: pd.DataFrame, mask: np.ndarray) -> pd.DataFrame:
    return rows.iloc[np.flatnonzero(mask)].reset_index(drop=True)


def _summed(values: np.ndarray, series: np.ndarray, count: int) -> np.ndarray:
    """(series, columns) sums."""
    found = np.zeros((count, values.shape[1]))
    np.add.at(found, series, values)
    return found
