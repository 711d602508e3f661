"""The design matrix of a buying customer's features: logs and ratios, without gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.churn.features import DECAYS, WINDOWS

COLUMNS: tuple[str, ...] = (
    "recency",
    "tenure",
    "gap_mean",
    "gap_deviation",
    "gap_longest",
    "gap_last",
    "overdue",
    *(f"purchases_{w}" for w in WINDOWS),
    *(f"spent_{w}" for w in WINDOWS),
    *(f"decayed_{t}" for t in DECAYS),
    "purchases_year_ago",
    "lines",
    "lines_90",
    "lines_365",
    "products",
    "units_per_line",
    "returns",
    "returned",
    "return_recency",
)

NEVER_DAYS = 999.0
"""Stands for the age of a return that never was."""

MONOTONE: tuple[int, ...] = tuple(
    1 if c == "recency" else -1 if c.startswith(("purchases_", "decayed_")) else 0 for c in COLUMNS
)
"""All else equal, longer silence never lowers the risk and more purchases never raise it: reasons stay plausible."""


def design(frame: pd.DataFrame) -> np.ndarray:
    """Rows × `COLUMNS`, log(1 + x) of each. `overdue` is recency over the mean gap.

    Before a second purchase the tenure stands for the gaps: that long nothing came. Money can be negative where
    discounts exceed prices and keeps its sign.
    """
    filled = frame.assign(
        gap_mean=frame["gap_mean"].fillna(frame["tenure"]),
        gap_longest=frame["gap_longest"].fillna(frame["tenure"]),
        gap_last=frame["gap_last"].fillna(frame["tenure"]),
        gap_deviation=frame["gap_deviation"].fillna(0.0),
        return_recency=frame["return_recency"].fillna(NEVER_DAYS),
    )
    filled["overdue"] = filled["recency"] / (filled["gap_mean"] + 1)
    values = filled[list(COLUMNS)].to_numpy(dtype=np.float64)
    return np.sign(values) * np.log1p(np.abs(values))
