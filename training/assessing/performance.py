"""How right mature decisions were, of all and of each version."""

# What a selection from a frame is, a frame or a column, only shows at run time.
# pyright: reportArgumentType=false

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd

from commerce.assessments.monitoring import Bin, Performance
from commerce.assessments.parameters import AssessmentParameters
from training.assessing.capacity import at_capacity
from training.metrics import average_precision, calibration_bins, roc_auc


def performance(mature: pd.DataFrame, parameters: AssessmentParameters) -> Performance:
    """Of all decisions. `mature`: `day`, `outcome`, `version`, `probability`, `amount`, `fraud` (NaN: unknown)."""
    return _measured(mature, parameters, dict.fromkeys(_scored(mature)["day"], parameters.reviews_per_day), None)


def by_version(mature: pd.DataFrame, parameters: AssessmentParameters) -> list[Performance]:
    """Of each version of the model, which has its part of the review capacity: that of its part of a day's decisions.

    Champion and challenger can be compared so, though the one has few customers and the other many.
    """
    whole = Counter(_scored(mature)["day"])
    found = []
    for version, own in mature.groupby("version"):
        part = Counter(_scored(own)["day"])
        capacity = {day: math.ceil(parameters.reviews_per_day * n / whole[day]) for day, n in part.items()}
        found.append(_measured(own, parameters, capacity, str(version)))
    return found


def _measured(rows: pd.DataFrame, parameters: AssessmentParameters, capacity: dict, version: str | None) -> Performance:
    known = rows[rows["fraud"].notna()]
    unknown = rows[rows["fraud"].isna()]
    stopped = known[known["outcome"] != "approve"]
    frauds, caught = known[known["fraud"] == 1], stopped[stopped["fraud"] == 1]
    scored = _scored(rows)
    day, likely, fraud = (scored[name].to_numpy() for name in ("day", "probability", "fraud"))
    auc = roc_auc(fraud, likely) if len(scored) else math.nan
    ap = average_precision(fraud, likely) if len(scored) else math.nan
    return Performance(
        version=version,
        decisions=len(rows),
        unknown=len(unknown),
        unknown_amount=_amount(unknown),
        frauds=len(frauds),
        stopped=len(stopped),
        precision=_share(len(caught), len(stopped)),
        recall=_share(len(caught), len(frauds)),
        recall_by_amount=_share(_amount(caught), _amount(frauds)),
        at_capacity=at_capacity(day, likely, fraud, capacity, parameters.reviews_per_day) if len(scored) else None,
        expected_frauds=float(likely.sum()) if len(scored) else None,
        observed_frauds=int(fraud.sum()) if len(scored) else None,
        auc=_finite(auc),
        ap=_finite(ap),
        calibration=_calibration(fraud, likely),
    )


def _scored(rows: pd.DataFrame) -> pd.DataFrame:
    """Those with a probability and a known outcome."""
    return rows.dropna(subset=["probability", "fraud"])


def _amount(rows: pd.DataFrame) -> float:
    return float(rows["amount"].to_numpy().sum())


def _calibration(fraud: np.ndarray, likely: np.ndarray) -> list[Bin]:
    bins = calibration_bins(fraud, likely)
    return [Bin(predicted=each["predicted"], observed=each["observed"], rows=int(each["rows"])) for each in bins]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
