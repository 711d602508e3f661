"""What was bought in the periods after the origin."""

from __future__ import annotations

from datetime import date

import ibis
from ibis import _

from commerce.families.demand.parameters import DemandParameters
from training.contract import ENTITY, LABEL, Source
from training.demand.features import LOCATION, STEP
from training.demand.periods import Periods
from training.demand.sales import later


def demanded(source: Source, as_of: date, parameters: DemandParameters) -> ibis.Table:
    """(entity_id, location_id, step, label): units bought; what is missing sold nothing."""
    found = later(source, Periods.at(as_of, parameters), parameters.by_location)
    return found.select(
        **{ENTITY: _.product_id, LOCATION: _.location_id, STEP: _.step.cast("int64"), LABEL: _.quantity}
    )
