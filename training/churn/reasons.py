"""Why a customer's risk is what it is: the largest additive contributions, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from commerce.scores import Reason
from training.churn.design import COLUMNS
from training.churn.traits import TraitEncoder

MOST_REASONS = 3
SMALLEST = 0.05
"""Log-odds below which a contribution explains nothing."""

_SILENCE = {"recency", "overdue", "decayed_15", "decayed_30"}
_RHYTHM = {"gap_deviation", "gap_longest", "gap_last"}
_BASKET = {"lines", "lines_90", "lines_365", "products", "units_per_line"}
_RETURNS = {"returns", "returned", "return_recency"}


def _theme(column: str) -> str:
    if column in _SILENCE:
        return "silence"
    if column in _RHYTHM:
        return "rhythm"
    if column in _BASKET:
        return "basket"
    if column in _RETURNS:
        return "returns"
    if column.startswith("spent_"):
        return "spending"
    return column if column in ("tenure", "purchases_year_ago") else "frequency"


THEMES: tuple[str, ...] = tuple(_theme(c) for c in COLUMNS)
"""What each column of the design matrix speaks of. Columns that say nearly the same are one reason, not five."""


def _silence(row: dict[str, float]) -> str:
    usual = f", usually every {row['gap_mean']:.0f}" if row["purchases"] > 1 else " since the only one"
    return f"no order for {_count(row['recency'], 'day')}{usual}"


def _frequency(row: dict[str, float]) -> str:
    return f"{_count(row['purchases_180'], 'order')} in the last 180 days, {row['purchases_365']:.0f} in the last 365"


def _spending(row: dict[str, float]) -> str:
    return f"spent {row['spent_365']:,.0f} in the last 365 days, {row['spent_90']:,.0f} in the last 90"


def _rhythm(row: dict[str, float]) -> str:
    if row["purchases"] < 2:
        return "bought only once so far"
    return f"longest pause between orders {_count(row['gap_longest'], 'day')}, the latest {row['gap_last']:.0f}"


def _tenure(row: dict[str, float]) -> str:
    return f"first order {_count(row['tenure'], 'day')} ago"


def _year_ago(row: dict[str, float]) -> str:
    return f"{_count(row['purchases_year_ago'], 'order')} in the same season of the year before"


def _basket(row: dict[str, float]) -> str:
    return f"{_count(row['products'], 'different product')} in {_count(row['lines'], 'order line')}"


def _returns(row: dict[str, float]) -> str:
    if not row["returns"]:
        return "never returned anything"
    return f"returned from {_count(row['returns'], 'order')}, last {_count(row['return_recency'], 'day')} ago"


_WORDS: dict[str, Callable[[dict[str, float]], str]] = {
    "silence": _silence,
    "frequency": _frequency,
    "spending": _spending,
    "rhythm": _rhythm,
    "tenure": _tenure,
    "purchases_year_ago": _year_ago,
    "basket": _basket,
    "returns": _returns,
}


def buyer_reasons(frame: pd.DataFrame, contributions: np.ndarray) -> list[list[Reason]]:
    """Reasons per row of the feature `frame`; `contributions` is rows × columns of the design matrix, log-odds."""
    rows = frame.to_dict("records")
    by_theme = _summed(contributions, THEMES)
    return [
        _largest(themes, lambda theme, row=row: _WORDS[theme](row)) for row, themes in zip(rows, by_theme, strict=True)
    ]


def trait_reasons(frame: pd.DataFrame, encoder: TraitEncoder, contributions: np.ndarray) -> list[list[Reason]]:
    """Likewise for a contract business: one reason per trait."""
    by_trait = _summed(contributions, encoder.owners)
    words = encoder.words(frame)
    return [
        _largest(traits, lambda trait, row=row: f"{trait}: {row[trait]}")
        for row, traits in zip(words, by_trait, strict=True)
    ]


def _summed(contributions: np.ndarray, owners: Sequence[str]) -> list[dict[str, float]]:
    names = list(dict.fromkeys(owners))
    member = np.array([[owner == name for name in names] for owner in owners], dtype=float)
    return [dict(zip(names, sums, strict=True)) for sums in (contributions @ member).tolist()]


def _largest(contributions: dict[str, float], words: Callable[[str], str]) -> list[Reason]:
    ranked = sorted(contributions.items(), key=lambda item: -abs(item[1]))[:MOST_REASONS]
    return [Reason(text=words(name), contribution=round(c, 4)) for name, c in ranked if abs(c) >= SMALLEST]


def _count(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if round(value) == 1 else f"{value:,.0f} {unit}s"
