"""What was known of a series at the origin, and of each period of the horizon ahead of it."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from commerce.families.demand.parameters import DemandParameters
from commerce.model import FeatureField
from lake.keeping import Hold, keeping
from training.contract import AS_OF, ENTITY, Source, TrainingError
from training.demand import (
    elasticity,
    hierarchy,
    history,
    holiday,
    nodes,
    prices,
    promotions,
    regressors,
    seasons,
    unsold,
)
from training.demand.origins import ORIGIN, Origins
from training.demand.periods import WEEK_DAYS
from training.demand.sales import PLACE, SERIES, before, beside, by_period
from training.demand.stockouts import out

LOCATION = "location_id"
STEP = "step"
KEYS = (ENTITY, LOCATION, STEP)
NUMBER = "series_number"
PART_ROWS = 100_000
"""Rows put together at once, which bounds memory."""
SOLD = ("quantity", "paid")
SERIES_PER_NODE = 9
"""Of what is learned from where not all can be."""
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


def features(
    source: Source, as_of: Sequence[date], parameters: DemandParameters, most_series: int | None = None
) -> ibis.Table:
    """`as_of`, `KEYS`, `FIELDS` and `nodes.FIELDS` of what is forecast, for each step of the horizon.

    That is every series that sold within `ACTIVE_DAYS`, or is listed and unsold (`unsold`), and the nodes above them.
    Of all series also `elasticity.FIELDS`; with `most_series` of so many series at each date, drawn at random, and of
    nodes one for `SERIES_PER_NODE` of them.
    """
    with keeping() as hold:
        past = Past.of(source, as_of, parameters, hold, most_series)
        parts = [pa.Table.from_pandas(part, preserve_index=False) for part in past.parts(as_of)]
    return ibis.memtable(pa.concat_tables(parts))


@dataclass(frozen=True)
class Past:
    """What the features of several origins are made from: found once for all of them, as far as it is the same.

    `sales` are `by_period`, `every` the series that are forecast at each origin (`unsold.among`), `asked` those and the
    nodes (with `nodes.MEMBERS`) that features are made of, `levels` the rows of `hierarchy.levels`.
    """

    source: Source
    parameters: DemandParameters
    sales: ibis.Table
    every: ibis.Table
    asked: ibis.Table
    levels: pd.DataFrame
    drawn: bool

    @staticmethod
    def of(
        source: Source,
        as_of: Sequence[date],
        parameters: DemandParameters,
        hold: Hold,
        most_series: int | None = None,
        end: date | None = None,
    ) -> Past:
        """At the dates `as_of`, each series or of `most_series` drawn. `sales` are those before the day `end`.

        The series are drawn before anything is made for each origin of what they sold.
        """
        origins = Origins.at(as_of, parameters)
        sales = hold(by_period(source, origins, parameters.by_location, end or origins.last.origin))
        selling = hold(sells(sales, source, origins, parameters))
        every = unsold.among(selling, sales, source, origins, parameters, hold)
        above = nodes.of(every, None if most_series is None else most_series // SERIES_PER_NODE)
        chosen = every if most_series is None else drawn(every, most_series)
        levelled = (*SERIES, *nodes.level_columns(every), history.WAITED, nodes.MEMBERS)
        asked = hold(chosen.mutate(members=0.0).select(*levelled).union(above.select(*levelled)))
        summed = hold(hierarchy.summed(sales, source, origins))
        levels = hierarchy.levels(summed, selling, origins.last).to_pandas()
        return Past(source, parameters, sales, every, asked, levels, most_series is not None)

    def of_nodes(self, origins: Origins) -> ibis.Table:
        """(*SERIES, period, *SOLD) of the nodes that are asked at these origins, whenever it was."""
        above = self.asked.filter(_.members > 0, _.origin.isin(origins.numbers))
        return nodes.summed(self.sales, self.every.filter(_.origin.isin(origins.numbers)), above, origins, *SOLD)

    def parts(self, as_of: Sequence[date]) -> Iterator[pd.DataFrame]:
        """The rows of `features` at some of the dates, about `PART_ROWS` at a time, one part at least.

        The engine aggregates; what is left, a row per series or level and step, is put side by side in memory: as one
        expression of all, Ibis would spell longer than small shops' engines compute.
        """
        source, parameters = self.source, self.parameters
        origins = Origins.at(as_of, parameters)
        periods = origins.last
        with keeping() as hold:
            asked = self.asked.filter(_.origin.isin(origins.numbers))
            own = self._own(asked, origins)
            if self.drawn:
                own = hold(own)
            known = history.series(own, out(source, origins, asked), periods.frequency)
            series = hold(beside(asked, known, SERIES))
            lives = series.select(*SERIES, "life").filter(_.life.notnull())
            promoted = hold(promotions.promoted(source, origins, asked, parameters.by_location))
            of_products = before(self.sales, asked, ("product_id",))
            per_series = (
                (prices.prices(of_products, source, origins), prices.PRODUCT),
                (promotions.past(promoted, own, lives, periods.frequency), SERIES),
                *self._told(promoted, origins),
            )
            per_step = (seasons.year_ago(own, lives, SERIES, periods), promotions.planned(promoted))
            described = history.filled(series.to_pandas())
            if described.empty and (parameters.left_out or parameters.least_share):
                raise TrainingError("no product that sells is left to forecast: leave out less, or lower least_share")
            found = nodes.numbered(_joined(described, per_series))
            found[NUMBER] = np.arange(len(found))
            near = [_numbered(table.to_pandas(), found) for table in per_step]
            unusual = holiday.past(origins, parameters)
            weekdays = _numbered(_weekdays(own, lives, origins, unusual), found) if periods.days == 1 else None
        calendar = _calendar(origins, parameters)
        outside = regressors.known(source, origins, parameters.regressors, found[LOCATION].unique().tolist())
        most = max(PART_ROWS // periods.horizon, 1)
        for first in range(0, max(len(found), 1), most):
            frame = found.iloc[first : first + most].merge(calendar, on=ORIGIN)
            for table in near:
                each = _among(table, first, most)
                frame = frame.merge(each, on=[NUMBER, STEP], how="left", validate="many_to_one")
            if weekdays is not None:
                frame = _with_weekdays(frame, _among(weekdays, first, most), unusual)
            frame = frame.merge(outside, on=[ORIGIN, LOCATION, STEP], how="left", validate="many_to_one")
            yield _named(hierarchy.attached(frame, self.levels))

    def _own(self, asked: ibis.Table, origins: Origins) -> ibis.Table:
        """(*SERIES, age, *SOLD) of what is asked before its origin."""
        columns = (*SERIES, "age", *SOLD)
        above = self.of_nodes(origins).filter(_.period < _.origin).mutate(age=_.origin - 1 - _.period)
        return before(self.sales, asked).select(*columns).union(above.select(*columns))

    def _told(self, promoted: ibis.Table, origins: Origins) -> list[tuple[ibis.Table, tuple[str, ...]]]:
        """What answers are told with, which is of no use in learning."""
        if self.drawn:
            return []
        return [(elasticity.moves(origins.aged(self.sales), promoted, origins), prices.PRODUCT)]


def sells(sales: ibis.Table, source: Source, origins: Origins, parameters: DemandParameters) -> ibis.Table:
    """(*SERIES, *nodes.level_columns) of the series that sell at each origin and are forecast, from `by_period`."""
    active = _active(sales, origins, parameters.least_share)
    placed = hierarchy.placed(active, source, origins, parameters.by_location)
    return hierarchy.without(placed, parameters.left_out)


def _active(sales: ibis.Table, origins: Origins, least_share: float) -> ibis.Table:
    """(*SERIES) that sold within `ACTIVE_DAYS`, in `least_share` of the periods since their first sale or a year.

    Counted between the origins, and the days a year before them, before it is told for each origin.
    """
    year = ACTIVE_DAYS // origins.days
    counted = sales.group_by(*PLACE, until=origins.next_after(_.period, back=year)).aggregate(
        first=_.period.min(), last=_.period.max(), times=_.count()
    )
    lived = origins.crossed(counted).filter(_.until <= _.origin).group_by(*SERIES)
    found = lived.aggregate(
        last=_.last.max(),
        sold=ibis.ifelse(_.until > _.origin - year, _.times, 0).sum(),
        life=ibis.least(_.origin.max() - _.first.min(), year),
    )
    return found.filter(_.last >= _.origin - year, _.sold >= _.life * least_share).select(*SERIES)


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


def _numbered(table: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Rows of the table (*SERIES, …) with the `NUMBER` of their series in place of its names, in its order."""
    numbers = series[[*SERIES, NUMBER]]
    found = table.merge(numbers, on=list(SERIES), validate="many_to_one").drop(columns=list(SERIES))
    return found.sort_values(NUMBER, kind="stable", ignore_index=True)


def _among(table: pd.DataFrame, first: int, count: int) -> pd.DataFrame:
    """Rows of the table, sorted by `NUMBER`, of so many series from the number `first` on."""
    numbers = table[NUMBER].to_numpy()
    return table.iloc[np.searchsorted(numbers, first) : np.searchsorted(numbers, first + count)]


def _weekdays(
    sales: ibis.Table, lives: ibis.Table, origins: Origins, unusual: Mapping[str, Sequence[int]]
) -> pd.DataFrame:
    """`seasons.weekday`, from the numbers of unusual days by kind."""
    numbers = sorted(day for days in unusual.values() for day in days)
    return seasons.weekday(sales, lives, unusual, {origin: holiday.ages(origin, numbers) for origin in origins.numbers})


def _with_weekdays(frame: pd.DataFrame, found: pd.DataFrame, unusual: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """The frame with `seasons.WEEKDAYS` and `holiday.PAST`; a weekday lived through without a sale sold nothing."""
    kinds = list(holiday.KINDS)
    sold = found.groupby(NUMBER)[kinds].sum().reset_index()
    asked = frame[[ORIGIN, NUMBER]].merge(sold, on=NUMBER, how="left", validate="many_to_one").fillna(0.0)
    on = [NUMBER, "position"]
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
    filled = frame.assign(**{f.name: frame[f.name].fillna(0.0) for f in promotions.PLANNED})
    weekdays = [*seasons.WEEKDAYS, *(f.name for f in holiday.PAST)]
    filled = filled.assign(**{name: np.nan for name in weekdays if name not in filled})
    keys = filled[[AS_OF, *PLACE, STEP]].set_axis([AS_OF, *KEYS], axis=1)
    told = [f.name for f in (*FIELDS, *elasticity.FIELDS, *nodes.FIELDS) if f.name in filled]
    return pd.concat([keys, filled[told].astype("float64")], axis=1)
