"""How the levels above a series do: the whole shop, its department, its category, its location.

Ratios, so that a level of any size says the same: a trend, a season, and what an average series of the level sells.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd
from ibis import _

from commerce.families.demand.nodes import CATALOGUE
from commerce.model import FeatureField
from training.contract import Source
from training.demand import decay, regions, seasons, spans
from training.demand.decay import SPEEDS
from training.demand.origins import ORIGIN, Origins
from training.demand.periods import Periods

LEVELS = ("shop", "department", "category", "location")
_VALUE = (ORIGIN, "level", "value")
BASE_PERIODS = 8
"""Periods before the origin, a year ago, that a season is compared with."""

FIELDS: tuple[FeatureField, ...] = tuple(
    field
    for level in LEVELS
    for field in (
        FeatureField(name=f"{level}_trend", type="float64", doc=f"demand of the {level} lately over that of its year"),
        FeatureField(name=f"{level}_peer", type="float64", doc=f"demand per period of a series of the {level}"),
        FeatureField(
            name=f"{level}_season", type="float64", doc=f"demand of the {level} a year ago, then over just before"
        ),
    )
)


def placed(table: ibis.Table, source: Source, origins: Origins, by_location: bool) -> ibis.Table:
    """The table with the columns `LEVELS` beside its `SERIES`; a product without a level has the empty one.

    Of locations that are told apart also `regions.placed`.
    """
    found = spans.at_origin(_listed(table, source, origins))
    return regions.placed(found, source, origins) if by_location else found


def without(placed: ibis.Table, left_out: Sequence[str]) -> ibis.Table:
    """Those `placed` whose department and category the shop does not leave out."""
    if not left_out:
        return placed
    return placed.filter(~_.department.isin(left_out), ~_.category.isin(left_out))


def summed(periods: ibis.Table, source: Source, origins: Origins) -> ibis.Table:
    """(origin, level, value, age, quantity): demand of each of `LEVELS`, from `sales.by_period`.

    Summed before it is told once for each origin, by the origins at which the catalogue has the products there.
    """
    span = (spans.SINCE, spans.UNTIL)
    lowest = _listed(periods, source, origins).group_by(*span, *LEVELS, "period").aggregate(quantity=_.quantity.sum())
    stacked = _stacked(lowest, *span, "period", "quantity").group_by(*span, "level", "value", "period")
    aged = origins.aged(stacked.aggregate(quantity=_.quantity.sum()))
    within = aged.filter(_.origin >= _.since, _.origin < _.until)
    return within.group_by(*_VALUE, "age").aggregate(quantity=_.quantity.sum())


def levels(summed: ibis.Table, series: ibis.Table, periods: Periods) -> ibis.Table:
    """(origin, level, value, step, trend, peer, season) of each level, from `summed` and series that are `placed`."""
    speeds = SPEEDS[periods.frequency]
    base = (_.age >= periods.year) & (_.age < periods.year + BASE_PERIODS)
    counted = summed.group_by(*_VALUE).aggregate(
        life=(_.age.max() + 1).cast("float64"),
        middle=(_.quantity * decay.weight(speeds["middle"])).sum(),
        year=(_.quantity * decay.weight(speeds["year"])).sum(),
        base=ibis.ifelse(base, _.quantity, 0.0).sum(),
    )
    sizes = _stacked(series, ORIGIN).group_by(*_VALUE).aggregate(size=_.count())
    middle = _.middle / decay.total(speeds["middle"], _.life)
    known = ibis.least(_.life - periods.year, float(BASE_PERIODS))
    described = counted.inner_join(sizes, list(_VALUE)).select(
        *_VALUE,
        "life",
        trend=middle / (_.year / decay.total(speeds["year"], _.life)),
        peer=middle / _.size,
        base=ibis.ifelse(known > 0, _.base / known, ibis.null("float64")).nullif(0.0),
    )
    then = seasons.year_ago(summed, described, _VALUE, periods).inner_join(described, list(_VALUE))
    return then.select(*_VALUE, "step", "trend", "peer", season=_.year_ago / _.base)


def attached(frame: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The frame (`LEVELS`, step, …) with `FIELDS`, from the rows of `levels`."""
    for level in LEVELS:
        own = found[found["level"] == level].drop(columns="level")
        names = {"value": level} | {what: f"{level}_{what}" for what in ("trend", "peer", "season")}
        on = [ORIGIN, level, "step"]
        frame = frame.merge(own.rename(columns=names), on=on, how="left", validate="many_to_one")
    return frame


def _listed(table: ibis.Table, source: Source, origins: Origins) -> ibis.Table:
    """The table (*PLACE, …) with `LEVELS`, by the spans of origins in which the catalogue said the same (`spans`)."""
    found = spans.along(table, source.table("products"), "product_id", CATALOGUE, origins)
    return found.mutate(shop=ibis.literal(""), location=_.location_id)


def _stacked(table: ibis.Table, *columns: str) -> ibis.Table:
    """(*columns, level, value): the rows once for each level, with what they belong to in it."""
    each = (table.select(*columns, level=ibis.literal(level), value=table[level]) for level in LEVELS)
    return ibis.union(*each)
