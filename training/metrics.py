"""Metrics of probabilities for a yes-or-no outcome, and bootstrap intervals for any metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

from commerce.evaluation import Interval

_NEWTON_STEPS = 25
_RIDGE = 1e-9
"""Keeps the step defined where the outcomes are separated perfectly."""

Measure = Callable[[np.ndarray, np.ndarray], dict[str, float]]


def roc_auc(outcome: np.ndarray, predicted: np.ndarray) -> float:
    """Area under the ROC curve; NaN when only one outcome occurs.

    By the rank-sum statistic (Mann and Whitney 1947, ties at half), a tenth of the time of tracing the curve.
    """
    if not _both(outcome):
        return float("nan")
    positives, n = float(outcome.sum()), len(outcome)
    above = float(rankdata(predicted)[outcome == 1].sum()) - positives * (positives + 1) / 2
    return above / (positives * (n - positives))


def average_precision(outcome: np.ndarray, predicted: np.ndarray) -> float:
    """Area under the precision-recall curve by average precision; NaN when only one outcome occurs."""
    return float(average_precision_score(outcome, predicted)) if _both(outcome) else float("nan")


def calibration_slope(outcome: np.ndarray, predicted: np.ndarray) -> float:
    """Slope of the outcome's log-odds on the prediction's (Cox 1958): 1 is right, below 1 is over-confident.

    NaN when only one outcome occurs or all predictions are the same.
    """
    clipped = np.clip(predicted, 1e-6, 1 - 1e-6)
    logits = np.log(clipped / (1 - clipped))
    if not _both(outcome) or np.ptp(logits) == 0:
        return float("nan")
    design = np.column_stack([np.ones_like(logits), logits])
    weights = np.array([0.0, 1.0])
    for _ in range(_NEWTON_STEPS):
        fitted = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        curvature = (design * (fitted * (1 - fitted))[:, None]).T @ design + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, design.T @ (outcome - fitted))
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[1])


def classification(outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """auc, ap, brier, log_loss, calibration_slope; those undefined for the data are left out."""
    values = {
        "auc": roc_auc(outcome, predicted),
        "ap": average_precision(outcome, predicted),
        "brier": float(np.mean((predicted - outcome) ** 2)),
        "log_loss": _log_loss(outcome, predicted),
        "calibration_slope": calibration_slope(outcome, predicted),
    }
    return {name: value for name, value in values.items() if np.isfinite(value)}


def calibration_bins(outcome: np.ndarray, predicted: np.ndarray, bins: int = 10) -> list[dict[str, float]]:
    """Mean prediction and observed rate in `bins` groups of nearly equal size, by rising prediction."""
    groups = [g for g in np.array_split(np.argsort(predicted, kind="stable"), bins) if len(g)]
    return [
        {"predicted": float(predicted[g].mean()), "observed": float(outcome[g].mean()), "rows": float(len(g))}
        for g in groups
    ]


def bootstrap(
    measure: Measure, outcome: np.ndarray, predictions: Mapping[str, np.ndarray], seed: int, draws: int = 200
) -> dict[str, dict[str, Interval]]:
    """95 % percentile intervals by contender and metric, all contenders on the same resampled entities.

    Draws in which a metric is undefined are left out of its interval.
    """
    rng = np.random.default_rng(seed)
    values: dict[str, dict[str, list[float]]] = {name: {} for name in predictions}
    for _ in range(draws):
        rows = rng.integers(0, len(outcome), len(outcome))
        for name, predicted in predictions.items():
            for metric, value in measure(outcome[rows], predicted[rows]).items():
                values[name].setdefault(metric, []).append(value)
    return {
        name: {metric: _interval(np.array(drawn)) for metric, drawn in metrics.items()}
        for name, metrics in values.items()
    }


def _log_loss(outcome: np.ndarray, predicted: np.ndarray) -> float:
    clipped = np.clip(predicted, 1e-6, 1 - 1e-6)
    return float(-np.mean(outcome * np.log(clipped) + (1 - outcome) * np.log(1 - clipped)))


def _interval(values: np.ndarray) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(low=float(low), high=float(high))


def _both(outcome: np.ndarray) -> bool:
    return 0 < outcome.sum() < len(outcome)
