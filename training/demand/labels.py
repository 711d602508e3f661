"""What was bought in the periods after the origin."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd
from ibis import _

from commerce.families.demand.parameters import DemandParameters
from lake.keeping import keeping
from training.contract import AS_OF, ENTITY, LABEL, Source
from training.demand import nodes, unsold
from training.demand.features import LOCATION, STEP, Past, sells
from training.demand.origins import ORIGIN, Origins
from training.demand.sales import SERIES, after, by_period, later

_COLUMNS = (*SERIES, STEP, "quantity")


def demanded(source: Source, as_of: date, parameters: DemandParameters) -> ibis.Table:
    """(entity_id, location_id, step, label): units bought; what is missing sold nothing.

    Of nodes what was bought of the series that were forecast.
    """
    origins = Origins.at([as_of], parameters)
    with keeping() as hold:
        sales = hold(by_period(source, origins, parameters.by_location, origins.last.end))
        selling = hold(sells(sales, source, origins, parameters))
        every = unsold.among(selling, sales, source, origins, parameters, hold)
        above = _within(nodes.summed(sales, every, nodes.of(every), origins, "quantity"), origins.horizon)
        bought = later(source, origins, parameters.by_location).select(*_COLUMNS)
        found = ibis.memtable(bought.union(above).to_pandas())
    return found.select(**{ENTITY: _.product_id, LOCATION: _.location_id, STEP: _.step, LABEL: _.quantity})


def of(past: Past, as_of: Sequence[date]) -> pd.DataFrame:
    """`demanded` of the series that `past` asks for at each date, with `as_of`, as far as its sales reach."""
    origins = Origins.at(as_of, past.parameters)
    asked = past.asked.filter(_.origin.isin(origins.numbers))
    above = _within(past.of_nodes(origins), origins.horizon)
    found = after(past.sales, asked, origins.horizon).select(*_COLUMNS).union(above).to_pandas()
    days = pd.DataFrame({ORIGIN: [periods.first for periods in origins.each], AS_OF: list(origins.as_of)})
    names = {"product_id": ENTITY, "location_id": LOCATION, "quantity": LABEL}
    return found.merge(days, on=ORIGIN).drop(columns=ORIGIN).rename(columns=names)


def _within(summed: ibis.Table, horizon: int) -> ibis.Table:
    """(*_COLUMNS) of nodes, from their sums by period."""
    stepped = summed.mutate(step=(_.period - _.origin + 1).cast("int64"))
    return stepped.filter(_.step >= 1, _.step <= horizon).select(*_COLUMNS)
