"""What was bought in the periods after the origin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
from ibis import _

from commerce.families.demand.parameters import DemandParameters
from training.contract import AS_OF, ENTITY, LABEL, Source
from training.demand.features import LOCATION, STEP
from training.demand.origins import Origins
from training.demand.sales import later


def demanded(source: Source, as_of: Sequence[date], parameters: DemandParameters) -> ibis.Table:
    """(as_of, entity_id, location_id, step, label): units bought; what is missing sold nothing."""
    origins = Origins.at(as_of, parameters)
    found = later(source, origins, parameters.by_location)
    days = {
        day: found.filter(_.origin == periods.first).mutate(**{AS_OF: ibis.literal(day)})
        for day, periods in zip(origins.as_of, origins.each, strict=True)
    }
    return ibis.union(*days.values()).select(
        AS_OF, **{ENTITY: _.product_id, LOCATION: _.location_id, STEP: _.step, LABEL: _.quantity}
    )
