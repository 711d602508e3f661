"""What was bought in the periods after the origin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd
from ibis import _

from commerce.families.demand.parameters import DemandParameters
from training.contract import AS_OF, ENTITY, LABEL, Source
from training.demand.features import LOCATION, STEP, Past
from training.demand.origins import ORIGIN, Origins
from training.demand.sales import after, later


def demanded(source: Source, as_of: date, parameters: DemandParameters) -> ibis.Table:
    """(entity_id, location_id, step, label): units bought; what is missing sold nothing."""
    found = later(source, Origins.at([as_of], parameters), parameters.by_location)
    return found.select(**{ENTITY: _.product_id, LOCATION: _.location_id, STEP: _.step, LABEL: _.quantity})


def of(past: Past, as_of: Sequence[date]) -> pd.DataFrame:
    """`demanded` of the series that `past` asks for at each date, with `as_of`, as far as its sales reach."""
    origins = Origins.at(as_of, past.parameters)
    asked = past.asked.filter(_.origin.isin(origins.numbers))
    found = after(past.sales, asked, origins.horizon).to_pandas()
    days = pd.DataFrame({ORIGIN: [periods.first for periods in origins.each], AS_OF: list(origins.as_of)})
    names = {"product_id": ENTITY, "location_id": LOCATION, "quantity": LABEL}
    return found.merge(days, on=ORIGIN).drop(columns=ORIGIN).rename(columns=names)
