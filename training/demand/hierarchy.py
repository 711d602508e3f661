"""How the levels above a series do: the whole shop, its department, its category, its location.

Ratios, so that a level of any size says the same: a trend, a season, and what an average series of the level sells.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
import pandas as pd
from ibis import _

from commerce.model import FeatureField
from training.contract import Source
from training.demand import decay, seasons
from training.demand.decay import SPEEDS
from training.demand.origins import ORIGIN, Origins
from training.demand.periods import Periods
from training.demand.sales import beside

LEVELS = ("shop", "department", "category", "location")
CATALOGUE = ("department", "category")
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


def placed(table: ibis.Table, source: Source, origins: Origins) -> ibis.Table:
    """The table with the columns `LEVELS` beside its `SERIES`; a product without a level has the empty one."""
    rows = origins.known(source.table("products").select("product_id", "updated_at", *CATALOGUE), "updated_at")
    newest = ibis.row_number().over(ibis.window(group_by=[ORIGIN, "product_id"], order_by=ibis.desc("updated_at")))
    listed = rows.mutate(newest=newest).filter(_.newest == 0).select(ORIGIN, "product_id", *CATALOGUE)
    return beside(table, listed, (ORIGIN, "product_id")).mutate(
        shop=ibis.literal(""), location=_.location_id, **{name: _[name].fill_null("") for name in CATALOGUE}
    )


def summed(sales: ibis.Table) -> ibis.Table:
    """(origin, level, value, age, quantity): demand of each of `LEVELS`, from sales that are `placed`."""
    lowest = sales.group_by(ORIGIN, *LEVELS, "age").aggregate(quantity=_.quantity.sum())
    return _stacked(lowest, "age", "quantity").group_by(*_VALUE, "age").aggregate(quantity=_.quantity.sum())


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
    sizes = _stacked(series).group_by(*_VALUE).aggregate(size=_.count())
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


def _stacked(table: ibis.Table, *columns: str) -> ibis.Table:
    """(*_VALUE, *columns): the rows once for each level, with what they belong to in it."""
    each = (table.select(ORIGIN, *columns, level=ibis.literal(level), value=table[level]) for level in LEVELS)
    return ibis.union(*each)
