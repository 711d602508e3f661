"""What was known of a series at the origin, and of each period of the horizon ahead of it."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis import _

from commerce.families.demand.parameters import DemandParameters
from commerce.model import FeatureField
from lake.keeping import keeping
from training.contract import ENTITY, Source
from training.demand import hierarchy, history, holiday, prices, promotions, regressors, seasons
from training.demand.periods import WEEK_DAYS, Periods
from training.demand.sales import SERIES, sold
from training.demand.stockouts import out

LOCATION = "location_id"
STEP = "step"
KEYS = (ENTITY, LOCATION, STEP)
ACTIVE_DAYS = 364
"""A series that sold nothing for so long is not forecast."""
CALENDAR: tuple[FeatureField, ...] = (
    FeatureField(name="weekday", type="float64", doc="0 for a period that starts on a Monday"),
    FeatureField(name="day_of_month", type="float64", doc="of the period's middle"),
    FeatureField(name="week_of_year", type="float64", doc="ISO 8601, of the period's middle"),
)
FIELDS: tuple[FeatureField, ...] = (
    *history.FIELDS,
    *seasons.FIELDS,
    *hierarchy.FIELDS,
    *prices.FIELDS,
    *promotions.PAST,
    *promotions.PLANNED,
    *holiday.PAST,
    *holiday.AHEAD,
    *regressors.FIELDS,
    *CALENDAR,
)


def features(source: Source, as_of: date, parameters: DemandParameters, most_series: int | None = None) -> ibis.Table:
    """`KEYS` and `FIELDS` of every series that sold within `ACTIVE_DAYS`, for each step of the horizon.

    With `most_series` of so many series, drawn at random. The engine aggregates; what is left, a row per series or
    level and step, is put side by side in memory: as one expression of all, Ibis would spell longer than small shops'
    engines compute.
    """
    periods = Periods.at(as_of, parameters)
    with keeping() as hold:
        sales = hold(hierarchy.placed(sold(source, periods, parameters.by_location), source, periods))
        known = history.series(sales, out(source, periods), periods.frequency)
        every = hold(hierarchy.placed(known.filter(_.last < ACTIVE_DAYS // periods.days), source, periods))
        series = every if most_series is None else hold(drawn(every, as_of, most_series))
        lives = series.select(*SERIES, "life")
        promoted = hold(promotions.promoted(source, periods, lives, parameters.by_location))
        per_series = (
            (prices.prices(sales, source, periods), ("product_id",)),
            (promotions.past(promoted, sales, lives, periods.frequency), SERIES),
        )
        per_step = (
            (seasons.year_ago(sales, lives, SERIES, periods), (*SERIES, STEP)),
            (promotions.planned(promoted), (*SERIES, STEP)),
        )
        calendar = periods.steps().merge(holiday.ahead(periods, parameters), on=STEP, validate="one_to_one")
        frame = _joined(_joined(series.to_pandas(), per_series).merge(calendar, how="cross"), per_step)
        if periods.days == 1:
            frame = _with_weekdays(frame, sales, lives, holiday.ages(periods, parameters))
        outside = regressors.known(source, periods, parameters.regressors, frame[LOCATION].unique().tolist())
        frame = frame.merge(outside, on=[LOCATION, STEP], how="left", validate="many_to_one")
        return ibis.memtable(_named(hierarchy.attached(frame, hierarchy.levels(sales, every, periods).to_pandas())))


def drawn(series: ibis.Table, as_of: date, most: int) -> ibis.Table:
    """At most `most` series: those whose ids, salted with the date, hash lowest, the same on every engine."""
    salted = _.product_id.concat("|", _.location_id, f"|{as_of}").hexdigest("md5")
    return series.order_by(salted, *SERIES).limit(most)


def _joined(frame: pd.DataFrame, tables: Sequence[tuple[ibis.Table, tuple[str, ...]]]) -> pd.DataFrame:
    """The frame's rows with the columns of each table, matched on the names beside it."""
    for table, on in tables:
        frame = frame.merge(table.to_pandas(), on=list(on), how="left", validate="many_to_one")
    return frame


def _with_weekdays(
    frame: pd.DataFrame, sales: ibis.Table, lives: ibis.Table, unusual: Mapping[str, Sequence[int]]
) -> pd.DataFrame:
    """The frame with `seasons.WEEKDAYS` and `holiday.PAST`; a weekday lived through without a sale sold nothing."""
    found = seasons.weekday(sales, lives, unusual)
    kinds = list(unusual)
    sold = found.groupby(list(SERIES))[kinds].sum().reset_index()
    asked = frame[list(SERIES)].merge(sold, on=list(SERIES), how="left")
    on = [*SERIES, "position"]
    frame = frame.merge(found.drop(columns=kinds), on=on, how="left", validate="many_to_one", indicator="sold")
    for name in seasons.WEEKDAYS:
        frame[name] = frame[name].where(frame["sold"] == "both", 0.0)
        lived = frame["life"] > frame["position"] + WEEK_DAYS * seasons.lived_before(name)
        frame[name] = frame[name].where(lived, np.nan)
    units = {kind: asked[kind].fillna(0.0).to_numpy(dtype=float) for kind in kinds}
    return frame.assign(**holiday.means(units, frame["life"].to_numpy(dtype=float), unusual))


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """The contract's columns, with what a missing row means: a period without a promotion is not promoted.

    Weeks have no weekday.
    """
    filled = frame.assign(**{f.name: frame[f.name].fillna(0.0) for f in promotions.PLANNED})
    weekdays = [*seasons.WEEKDAYS, *(f.name for f in holiday.PAST)]
    filled = filled.assign(**{name: np.nan for name in weekdays if name not in filled})
    keys = filled[[*SERIES, STEP]].set_axis(list(KEYS), axis=1)
    return pd.concat([keys, filled[[f.name for f in FIELDS]].astype("float64")], axis=1)
