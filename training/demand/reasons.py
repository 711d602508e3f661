"""Why a product's forecast is what it is: what was sold, lately and in like periods, and what is planned.

A contribution is in units per period over all locations, against what the product sold lately (the first reason), or
its likes where it has not sold yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from commerce.scores import Reason
from training.demand import analogues
from training.demand.features import LOCATION, STEP
from training.demand.periods import Periods
from training.demand.regressors import SLOTS

LEAST_SHARE = 0.1
"""Of what was sold lately: a smaller difference explains nothing."""
MOST_DATES = 3
"""Promoted periods named."""


def reasons(rows: pd.DataFrame, mean: np.ndarray, periods: Periods) -> list[Reason]:
    """Of one product: `rows` per location and step, `mean` (rows,) expected demand."""
    unit = periods.frequency
    series = rows.drop_duplicates(LOCATION)
    lately, found = _alike(series, unit) if analogues.unsold(series).all() else _sold(rows, series, unit)
    planned = sorted(rows.loc[rows["promoted"].to_numpy(dtype=float) > 0, STEP].unique().tolist())
    if planned:
        uplift = _uplift(series)
        known = f"; {_more(uplift)} in promoted {unit}s" if abs(uplift) >= LEAST_SHARE * lately else ""
        when = _when([periods.starts_on(int(step)) for step in planned], unit)
        found.append(Reason(text=f"promoted in {when}{known}", contribution=round(uplift, 3)))
    change = float(mean.sum()) / _steps(rows) - lately
    found.append(Reason(text=f"forecast {lately + change:.1f} a {unit}", contribution=round(change, 3)))
    return found


def _sold(rows: pd.DataFrame, series: pd.DataFrame, unit: str) -> tuple[float, list[Reason]]:
    """Units per period lately, and how else than then it sells."""
    lately = _sum(series, "mean_middle")
    found = [Reason(text=f"sold {lately:.1f} a {unit} lately", contribution=round(lately, 3))]
    for text, difference in (
        ("than over the year", lately - _sum(series, "mean_year")),
        (f"in these {unit}s of last year than lately", _year_ago(rows) - lately),
    ):
        if abs(difference) >= LEAST_SHARE * lately:
            found.append(Reason(text=f"{_more(difference)} a {unit} {text}", contribution=round(difference, 3)))
    return lately, found


def _alike(series: pd.DataFrame, unit: str) -> tuple[float, list[Reason]]:
    """Units per period that products like one that never sold sell in its place, and of which level they are."""
    each, level = analogues.told(series)
    units = float(np.nansum(each))
    of = "the shop" if level[0] == "shop" else f"its {level[0]}"
    text = f"not sold yet; an average product of {of} sells {units:.1f} a {unit} in the same places"
    return units, [Reason(text=text, contribution=round(units, 3))]


def unknown(rows: pd.DataFrame, regressors: Sequence[str]) -> list[Reason]:
    """Which of the shop's regressors have no value in some period to come, where one is missing."""
    empty = [
        name for name, slot in zip(regressors, SLOTS, strict=False) if rows[slot].isna().to_numpy(dtype=bool).any()
    ]
    return [Reason(text=f"not known for all periods ahead: {', '.join(empty)}", contribution=0.0)] if empty else []


def _steps(rows: pd.DataFrame) -> int:
    return len(np.unique(rows[STEP].to_numpy()))


def _sum(series: pd.DataFrame, column: str) -> float:
    return float(np.nansum(series[column].to_numpy(dtype=float)))


def _year_ago(rows: pd.DataFrame) -> float:
    """What was sold per period in the same season of the last year, where that is known as it was lately."""
    then = rows["year_ago"].to_numpy(dtype=float)
    now = rows["mean_middle"].to_numpy(dtype=float)
    return float(np.where(np.isnan(then), now, then).sum()) / _steps(rows)


def _uplift(series: pd.DataFrame) -> float:
    """Units per period that promoted periods sold more than others, where both are known."""
    return float(np.nansum((series["mean_promoted"] - series["mean_plain"]).to_numpy(dtype=float)))


def _when(days: list[date], unit: str) -> str:
    named = ", ".join(day.isoformat() for day in days[:MOST_DATES])
    rest = f" and {len(days) - MOST_DATES} more" if len(days) > MOST_DATES else ""
    kind = unit if len(days) == 1 else f"{unit}s"
    return f"the {kind} of {named}{rest}" if unit == "week" else f"{named}{rest}"


def _more(difference: float) -> str:
    return f"{abs(difference):.1f} {'more' if difference >= 0 else 'fewer'}"
