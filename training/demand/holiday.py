"""Public holidays: on which steps they fall, and how a series sells on them and on the days around them.

Of the country (and subdivision) that the shop names, from the library `holidays`; Easter, which moves most, by Gauss's
rule as `dateutil` has it. Without a country nothing is a holiday.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import holidays
import numpy as np
import pandas as pd
from dateutil.easter import easter

from commerce.families.demand.parameters import DemandParameters
from commerce.model import FeatureField
from training.contract import TrainingError
from training.demand.periods import WEEK_DAYS, Periods

REMEMBERED_YEARS = 3
"""Years before the origin whose holidays tell how a series sells on them."""
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


def ages(periods: Periods, parameters: DemandParameters) -> dict[str, list[int]]:
    """Ages of past days by kind, the latest first; none for weeks."""
    if periods.days > 1:
        return {kind: [] for kind in KINDS}
    first = periods.origin - timedelta(days=REMEMBERED_YEARS * 366)
    found = days(parameters, first, periods.origin - _DAY)
    return {
        kind: sorted((periods.origin - day).days - 1 for day, other in found.items() if other == kind) for kind in KINDS
    }


def ahead(periods: Periods, parameters: DemandParameters) -> pd.DataFrame:
    """(step, *AHEAD) of each step."""
    first = periods.origin - timedelta(days=periods.days * (periods.year + periods.around))
    found = days(parameters, first, periods.end)
    return pd.DataFrame([_step(periods, step, found) for step in range(1, periods.horizon + 1)])


def means(sold: Mapping[str, np.ndarray], lives: np.ndarray, of: Mapping[str, list[int]]) -> dict[str, np.ndarray]:
    """`PAST`: the units (series,) sold on past days of each kind over how many of these a series lived through."""
    found = {}
    for kind in KINDS:
        lived = np.searchsorted(of[kind], lives, side="left")
        found[f"{kind}_mean"] = np.divide(sold[kind], lived, out=np.full(len(lives), np.nan), where=lived > 0)
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
