"""Public holidays: on which steps they fall, and how a series sells on them and on the days around them.

Of the country (and subdivision) that the shop names, from the library `holidays`; without a country nothing is a
holiday. Easter Sunday, around which most of them move, is told everywhere (`dateutil.easter`, the western one).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import cast

import holidays
import numpy as np
import pandas as pd
from dateutil.easter import easter

from commerce.families.demand.parameters import DemandParameters
from commerce.model import FeatureField
from training.contract import TrainingError
from training.demand.origins import ORIGIN, Origins
from training.demand.periods import EPOCH, WEEK_DAYS, Periods

REMEMBERED_DAYS = 3 * 366
"""Days before the origin whose holidays tell how a series sells on them."""
WEEKDAY_LAGS = 4
EASTER_DAYS = 28
"""Days around Easter that are told apart."""
_DAY = timedelta(days=1)
KINDS = ("holiday", "eve", "after")
"""Days that sell unlike their weekday: holidays, days before and days after them. A day is of the first that it is."""

AHEAD: tuple[FeatureField, ...] = (
    FeatureField(name="holiday", type="float64", doc="share of the period's days that are public holidays"),
    FeatureField(name="eve", type="float64", doc="share that are none, before one"),
    FeatureField(name="after", type="float64", doc="share that are neither, after one"),
    FeatureField(name="easter", type="float64", doc=f"days since Easter Sunday, within {EASTER_DAYS}; empty elsewhere"),
    FeatureField(name="year_ago_holiday", type="float64", doc="share of holidays in the season a year ago"),
    *(
        FeatureField(
            name=f"weekday_lag_{k}_holiday", type="float64", doc="whether that day was a holiday or beside one"
        )
        for k in range(1, WEEKDAY_LAGS + 1)
    ),
)
PAST: tuple[FeatureField, ...] = tuple(
    FeatureField(name=f"{kind}_mean", type="float64", doc=f"mean demand of past days that are `{kind}`; days only")
    for kind in KINDS
)


def days(parameters: DemandParameters, first: date, last: date) -> dict[date, str]:
    """Kind of each day from `first` to `last` that is one of `KINDS`. TrainingError for a country nobody knows."""
    if parameters.country is None:
        return {}
    years = range((first - _DAY).year, (last + _DAY).year + 1)
    try:
        known = holidays.country_holidays(parameters.country, subdiv=parameters.subdivision, years=years)
    except NotImplementedError as error:
        raise TrainingError(
            f"no holidays are known of country {parameters.country}"
            f"{f', subdivision {parameters.subdivision}' if parameters.subdivision else ''} ({error}); set another "
            "`country`, or none and give holidays as a regressor"
        ) from error
    found: dict[date, str] = {}
    day = first
    while day <= last:
        if day in known:
            found[day] = "holiday"
        elif day + _DAY in known:
            found[day] = "eve"
        elif day - _DAY in known:
            found[day] = "after"
        day += _DAY
    return found


def past(origins: Origins, parameters: DemandParameters) -> dict[str, list[int]]:
    """Numbers of the days by kind that some origin remembers, rising; none for weeks."""
    if origins.days > 1:
        return {kind: [] for kind in KINDS}
    first = origins.first.origin - timedelta(days=REMEMBERED_DAYS)
    found = days(parameters, first, origins.last.origin - _DAY)
    return {kind: sorted((day - EPOCH).days for day, other in found.items() if other == kind) for kind in KINDS}


def ages(origin: int, numbers: Sequence[int]) -> np.ndarray:
    """Rising ages, seen from the origin of that number, of the days that it remembers."""
    found = origin - 1 - np.array(numbers[::-1], dtype=np.int64)
    return found[(found >= 0) & (found < REMEMBERED_DAYS)]


def ahead(periods: Periods, parameters: DemandParameters) -> pd.DataFrame:
    """(step, *AHEAD) of each step of one origin."""
    first = periods.origin - timedelta(days=periods.days * (periods.year + periods.around))
    found = days(parameters, first, periods.end)
    return pd.DataFrame([_step(periods, step, found) for step in range(1, periods.horizon + 1)])


def means(sold: pd.DataFrame, lives: pd.Series, numbers: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """`PAST` of each row: the units `sold` (rows × `KINDS`) over how many such days the series lived through.

    Both have the origin's number and are aligned on their rows.
    """
    found = pd.DataFrame(np.nan, index=sold.index, columns=[f.name for f in PAST])
    for origin, rows in sold.groupby(ORIGIN).groups.items():
        for kind in KINDS:
            lived = np.searchsorted(
                ages(int(cast(int, origin)), numbers[kind]), lives.loc[rows].to_numpy(), side="left"
            )
            mean = sold.loc[rows, kind].to_numpy(dtype=np.float64) / np.where(lived > 0, lived, np.nan)
            found.loc[rows, f"{kind}_mean"] = mean
    return found


def _step(periods: Periods, step: int, found: Mapping[date, str]) -> dict[str, float]:
    first = periods.starts_on(step)
    row = {"step": step, **{kind: _share(found, first, periods.days, (kind,)) for kind in KINDS}}
    middle = first + timedelta(days=periods.days // 2)
    since = min(((middle - easter(middle.year + k)).days for k in (-1, 0, 1)), key=abs)
    row["easter"] = since if abs(since) <= EASTER_DAYS else np.nan
    then = first - timedelta(days=periods.days * (periods.year + periods.around))
    row["year_ago_holiday"] = _share(found, then, periods.days * (2 * periods.around + 1), ("holiday",))
    for k in range(1, WEEKDAY_LAGS + 1):
        latest = first - timedelta(days=WEEK_DAYS * (k + (step - 1) // WEEK_DAYS))
        row[f"weekday_lag_{k}_holiday"] = float(latest in found) if periods.days == 1 else np.nan
    return row


def _share(found: Mapping[date, str], first: date, count: int, kinds: tuple[str, ...]) -> float:
    return sum(found.get(first + timedelta(days=k)) in kinds for k in range(count)) / count
