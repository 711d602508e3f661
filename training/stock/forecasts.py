"""Forecasts that stock is decided from: those that demand published, and plain ones of the past to judge by.

What demand would have forecast at a date of the past is not kept. So what is learned there and judged there takes the
quantiles of what each series sold before it, which is the same for our decisions and for the simple policies.
"""

# pyright: reportOperatorIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from commerce.families.demand import DemandForecast
from commerce.families.demand.answer import EVERYWHERE, LEVELS
from commerce.families.demand.nodes import is_node
from commerce.families.demand.parameters import DAYS, DemandParameters
from commerce.scores import StoredScore
from training.contract import Source, TrainingError
from training.demand.origins import Origins
from training.demand.periods import Periods
from training.demand.sales import sold
from training.published import published

UPSTREAM = "demand"
SERIES = ("product_id", "location_id")
QUANTILES = tuple(f"q{level:g}" for level in LEVELS)
COLUMNS = (*SERIES, "step", "starts_on", "days", "mean", *QUANTILES)
"""Of a forecast: `step` from 1 on, the one that holds the as-of date; `days` of a period; units."""
WINDOW = {"day": 8, "week": 26}
"""Values that plain quantiles are of: the last weeks, or as many days of the same weekday."""
_WEEK_DAYS = 7
_LEAST_DISPERSION = 1.01
"""Variance over mean: the negative binomial distribution of so little is as good as Poisson's."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the published forecasts are of."""

    parameters: DemandParameters
    as_of: date


def shape(source: Source) -> Shape:
    """Periods and horizon of the published forecasts, as their first product has them. TrainingError without one."""
    for answer in _answers(source):
        return Shape(_parameters(answer), answer.as_of)
    raise TrainingError(f"{UPSTREAM} published no forecast: retrain {UPSTREAM}")


def ahead(source: Source, as_of: date) -> pd.DataFrame:
    """`COLUMNS` of the published forecasts from the period that holds `as_of` on."""
    rows = pd.DataFrame.from_records(_rows(source, as_of), columns=list(COLUMNS))
    first = rows.groupby(list(SERIES))["step"].transform("min")
    return rows.assign(step=rows["step"] - first + 1)


def plain(source: Source, as_of: date) -> pd.DataFrame:
    """`COLUMNS` and `spread` of plain forecasts made at `as_of`, of the series that have published ones.

    Counts of the mean and variance of the last `WINDOW` values, of those since the first sale; `spread` is the standard
    deviation of all days or weeks of the window.
    """
    made = shape(source).parameters
    periods = Periods.at(as_of, made)
    window = WINDOW[made.frequency] * (_WEEK_DAYS if periods.days == 1 else 1)
    sales = sold(source, Origins.at([as_of], made), made.by_location)
    lately = sales.filter(_.age < window).to_pandas()
    known = pd.DataFrame.from_records(_series(source), columns=list(SERIES))
    if lately.empty or known.empty:
        return pd.DataFrame(columns=[*COLUMNS, "spread"])
    wide = lately.pivot_table(index=list(SERIES), columns="age", values="quantity", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(columns=range(window), fill_value=0.0)
    wide = wide.loc[wide.index.isin(pd.MultiIndex.from_frame(known))]
    values = wide.to_numpy(dtype=np.float64)
    # Of a series that began within the window, what was before its first sale is not demand of nothing.
    values = np.where(np.cumsum(values[:, ::-1], axis=1)[:, ::-1] > 0, values, np.nan)
    return pd.concat([_plain_step(wide.index, values, periods, step) for step in range(1, periods.horizon + 1)])


def _plain_step(index: pd.Index, values: np.ndarray, periods: Periods, step: int) -> pd.DataFrame:
    apart = _WEEK_DAYS if periods.days == 1 else 1
    like = values[:, -step % apart :: apart]
    # A weekday that no sale goes back to has no value of its own: the series' other days stand for it.
    like = np.where(np.isnan(like).all(axis=1)[:, None], np.nanmean(values, axis=1)[:, None], like)
    mean = np.nanmean(like, axis=1)
    frame = index.to_frame(index=False).assign(
        step=step, starts_on=periods.starts_on(step), days=periods.days, mean=mean, spread=np.nanstd(values, axis=1)
    )
    frame[list(QUANTILES)] = _counts(mean, np.nanvar(like, axis=1))
    return frame


def _counts(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(series, levels) quantiles of counts of this mean and variance: negative binomial, Poisson where that is less."""
    over = np.maximum(variance, mean * _LEAST_DISPERSION)
    wide = stats.nbinom.ppf(np.array(LEVELS), (mean**2 / (over - mean))[:, None], (mean / over)[:, None])
    return np.nan_to_num(wide)


def _answers(source: Source) -> Iterator[DemandForecast]:
    for stored in _products(source):
        yield DemandForecast.model_validate(stored.answer)


def _products(source: Source) -> Iterator[StoredScore]:
    """What was published of products, without the totals over their locations: stock lies where it is sold."""
    for stored in published(source, UPSTREAM):
        if not is_node(stored.entity_id):
            places = [place for place in stored.answer["locations"] if not place.get("total")]
            yield stored.model_copy(update={"answer": stored.answer | {"locations": places}})


def _parameters(answer: DemandForecast) -> DemandParameters:
    places = answer.locations
    return DemandParameters(
        frequency=answer.frequency,
        horizon=len(places[0].periods),
        by_location=any(place.location_id != EVERYWHERE for place in places),
    )


def _series(source: Source) -> Iterator[tuple[str, str]]:
    for stored in _products(source):
        for place in stored.answer["locations"]:
            yield stored.entity_id, place["location_id"]


def _rows(source: Source, as_of: date) -> Iterator[tuple]:
    """Of the periods that are not over by `as_of`."""
    for stored in _products(source):
        answer = DemandForecast.model_validate(stored.answer)
        if tuple(answer.levels) != LEVELS:
            raise TrainingError(f"forecasts of {stored.entity_id} have other levels than demand's: retrain {UPSTREAM}")
        days = DAYS[answer.frequency]
        for place in answer.locations:
            for step, period in enumerate(place.periods, start=1):
                if period.starts_on + timedelta(days=days) > as_of:
                    key = (stored.entity_id, place.location_id, step, period.starts_on, days)
                    yield (*key, period.mean, *period.quantiles)
