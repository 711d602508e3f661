"""What was known of a series at the origin, and of each period of the horizon ahead of it."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import numpy as np
import pandas as pd
from ibis import _

from commerce.families.demand.parameters import DemandParameters
from commerce.model import FeatureField
from lake.keeping import keeping
from training.contract import AS_OF, ENTITY, Source, TrainingError
from training.demand import elasticity, hierarchy, history, holiday, nodes, prices, promotions, regressors, seasons
from training.demand.origins import ORIGIN, Origins
from training.demand.periods import WEEK_DAYS
from training.demand.sales import PLACE, SERIES, sold
from training.demand.stockouts import out

LOCATION = "location_id"
STEP = "step"
KEYS = (ENTITY, LOCATION, STEP)
ACTIVE_DAYS = 364
"""A series that sold nothing for so long is not forecast."""
SOLD = ("quantity", "paid")
SERIES_PER_NODE = 9
"""Of what is learned from where not all can be."""
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


def features(
    source: Source, as_of: Sequence[date], parameters: DemandParameters, most_series: int | None = None
) -> ibis.Table:
    """`as_of`, `KEYS`, `FIELDS` and `nodes.FIELDS` of what is forecast, for each step of the horizon.

    That is every series that sold within `ACTIVE_DAYS`, and the nodes above them.

    Of all series also `elasticity.FIELDS`; with `most_series` of so many series at each date, drawn at random, and of
    nodes one for `SERIES_PER_NODE` of them. The engine aggregates; what is left, a row per series or level and step, is
    put side by side in memory: as one expression of all, Ibis would spell longer than small shops' engines compute.
    """
    origins = Origins.at(as_of, parameters)
    periods = origins.last
    with keeping() as hold:
        sales = hold(sold(source, origins, parameters.by_location))
        every = hold(forecast(sales, source, origins, parameters))
        above = hold(nodes.of(every, None if most_series is None else most_series // SERIES_PER_NODE))
        chosen = every if most_series is None else drawn(every, most_series)
        levelled = (*SERIES, *hierarchy.LEVELS, nodes.MEMBERS)
        asked = hold(chosen.mutate(members=0.0).select(*levelled).union(above.select(*levelled)))
        own = hold(_own(sales, asked, nodes.summed(sales.select(*SERIES, "age", *SOLD), every, "age", *SOLD)))
        known = history.series(own, out(source, origins), periods.frequency)
        series = hold(known.inner_join(asked, list(SERIES)))
        lives = series.select(*SERIES, "life")
        promoted = hold(promotions.promoted(source, origins, lives, parameters.by_location))
        per_series = (
            (prices.prices(sales, source, origins), prices.PRODUCT),
            (promotions.past(promoted, own, lives, periods.frequency), SERIES),
            # What answers are told with is of no use in learning.
            *([(elasticity.moves(sales, promoted, origins), prices.PRODUCT)] if most_series is None else []),
        )
        per_step = (
            (seasons.year_ago(own, lives, SERIES, periods), (*SERIES, STEP)),
            (promotions.planned(promoted), (*SERIES, STEP)),
        )
        sold_lately = series.to_pandas()
        if sold_lately.empty and (parameters.left_out or parameters.least_share):
            raise TrainingError("no product that sells is left to forecast: leave out less, or lower least_share")
        frame = _joined(sold_lately, per_series).merge(_calendar(origins, parameters), on=ORIGIN)
        frame = _joined(frame, per_step)
        if periods.days == 1:
            frame = _with_weekdays(frame, own, lives, origins, parameters)
        outside = regressors.known(source, origins, parameters.regressors, frame[LOCATION].unique().tolist())
        frame = frame.merge(outside, on=[ORIGIN, LOCATION, STEP], how="left", validate="many_to_one")
        summed = hold(hierarchy.summed(hierarchy.placed(sales, source, origins)))
        return ibis.memtable(_named(hierarchy.attached(frame, hierarchy.levels(summed, every, periods).to_pandas())))


def forecast(sales: ibis.Table, source: Source, origins: Origins, parameters: DemandParameters) -> ibis.Table:
    """(*SERIES, *hierarchy.LEVELS) of the series that are forecast, from `sales` (`sales.sold`)."""
    active = _active(sales, origins.days, parameters.least_share)
    placed = hierarchy.placed(active, source, origins)
    if not parameters.left_out:
        return placed
    return placed.filter(~_.department.isin(parameters.left_out), ~_.category.isin(parameters.left_out))


def _own(sales: ibis.Table, asked: ibis.Table, summed: ibis.Table) -> ibis.Table:
    """(*SERIES, age, *SOLD) of what is `asked`: series as they sold, nodes as they are `summed`."""
    columns = (*SERIES, "age", *SOLD)
    return sales.select(*columns).union(summed.select(*columns)).semi_join(asked, list(SERIES))


def _active(sales: ibis.Table, days: int, least_share: float) -> ibis.Table:
    """(*SERIES) that sold within `ACTIVE_DAYS`, in `least_share` of the periods since their first sale or a year."""
    year = ACTIVE_DAYS // days
    lived = sales.group_by(*SERIES).aggregate(
        last=_.age.min(), sold=(_.age < year).sum(), life=ibis.least(_.age.max() + 1, year)
    )
    return lived.filter(_.last < year, _.sold >= _.life * least_share).select(*SERIES)


def drawn(series: ibis.Table, most: int) -> ibis.Table:
    """At most `most` series an origin: those whose ids, salted with it, hash lowest, the same on every engine."""
    salted = series.mutate(drawn=_.product_id.concat("|", _.location_id, "|", _.origin.cast("string")).hexdigest("md5"))
    place = ibis.row_number().over(ibis.window(group_by=ORIGIN, order_by=["drawn", *SERIES]))
    return salted.mutate(drawn=place).filter(_.drawn < most).drop("drawn")


def _calendar(origins: Origins, parameters: DemandParameters) -> pd.DataFrame:
    """A row per as-of date and step: what its day or week is."""
    each = []
    for day, periods in zip(origins.as_of, origins.each, strict=True):
        steps = periods.steps().merge(holiday.ahead(periods, parameters), on=STEP, validate="one_to_one")
        each.append(steps.assign(**{ORIGIN: periods.first, AS_OF: day}))
    return pd.concat(each, ignore_index=True)


def _joined(frame: pd.DataFrame, tables: Sequence[tuple[ibis.Table, tuple[str, ...]]]) -> pd.DataFrame:
    """The frame's rows with the columns of each table, matched on the names beside it."""
    for table, on in tables:
        frame = frame.merge(table.to_pandas(), on=list(on), how="left", validate="many_to_one")
    return frame


def _with_weekdays(
    frame: pd.DataFrame, sales: ibis.Table, lives: ibis.Table, origins: Origins, parameters: DemandParameters
) -> pd.DataFrame:
    """The frame with `seasons.WEEKDAYS` and `holiday.PAST`; a weekday lived through without a sale sold nothing."""
    unusual, kinds = holiday.past(origins, parameters), list(holiday.KINDS)
    numbers = sorted(day for days in unusual.values() for day in days)
    apart = {origin: holiday.ages(origin, numbers) for origin in origins.numbers}
    found = seasons.weekday(sales, lives, unusual, apart)
    sold = found.groupby(list(SERIES))[kinds].sum().reset_index()
    asked = frame[list(SERIES)].merge(sold, on=list(SERIES), how="left", validate="many_to_one").fillna(0.0)
    on = [*SERIES, "position"]
    frame = frame.merge(found.drop(columns=kinds), on=on, how="left", validate="many_to_one", indicator="sold")
    for name in seasons.WEEKDAYS:
        frame[name] = frame[name].where(frame["sold"] == "both", 0.0)
        lived = frame["life"] > frame["position"] + WEEK_DAYS * seasons.lived_before(name)
        frame[name] = frame[name].where(lived, np.nan)
    return pd.concat([frame, holiday.means(asked, frame["life"], unusual)], axis=1)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """The contract's columns, with what a missing row means: a period without a promotion is not promoted.

    Weeks have no weekday.
    """
    filled = nodes.numbered(frame).assign(**{f.name: frame[f.name].fillna(0.0) for f in promotions.PLANNED})
    weekdays = [*seasons.WEEKDAYS, *(f.name for f in holiday.PAST)]
    filled = filled.assign(**{name: np.nan for name in weekdays if name not in filled})
    keys = filled[[AS_OF, *PLACE, STEP]].set_axis([AS_OF, *KEYS], axis=1)
    told = [f.name for f in (*FIELDS, *elasticity.FIELDS, *nodes.FIELDS) if f.name in filled]
    return pd.concat([keys, filled[told].astype("float64")], axis=1)
