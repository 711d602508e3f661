"""What was bought in the periods after the origin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from commerce.families.demand.parameters import DemandParameters
from lake.keeping import keeping
from training.contract import AS_OF, ENTITY, LABEL, Source
from training.demand import nodes
from training.demand.features import LOCATION, STEP, forecast
from training.demand.origins import ORIGIN, Origins
from training.demand.sales import SERIES, later, sold

_COLUMNS = (*SERIES, STEP, "quantity")


def demanded(source: Source, as_of: Sequence[date], parameters: DemandParameters) -> ibis.Table:
    """(as_of, entity_id, location_id, step, label): units bought; what is missing sold nothing.

    Of nodes what was bought of the series that were forecast.
    """
    origins = Origins.at(as_of, parameters)
    with keeping() as hold:
        bought = hold(later(source, origins, parameters.by_location).select(*_COLUMNS))
        series = forecast(sold(source, origins, parameters.by_location), source, origins, parameters)
        above = nodes.summed(bought, hold(series), STEP, "quantity")
        found = bought.union(above.select(*_COLUMNS)).to_pandas()
    days = pd.DataFrame({ORIGIN: [periods.first for periods in origins.each], AS_OF: list(origins.as_of)})
    named = {"product_id": ENTITY, "location_id": LOCATION, "quantity": LABEL}
    dated = found.merge(days, on=ORIGIN).drop(columns=ORIGIN).rename(columns=named)
    return ibis.memtable(dated[[AS_OF, ENTITY, LOCATION, STEP, LABEL]])
