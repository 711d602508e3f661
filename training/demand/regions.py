"""Which region a series' store counts in, as it was known at the origin."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from commerce.families.demand.nodes import REGION
from training.contract import Source
from training.demand import spans
from training.demand.origins import Origins
from training.demand.sales import midnight


def placed(series: ibis.Table, source: Source, origins: Origins) -> ibis.Table:
    """The series (*SERIES, …) with the column `region`, empty where their store is in none.

    As they are where no region was known at any of the origins: a shop without regions pays for none.
    """
    known = source.table("locations").filter(_.location_id != EVERYWHERE, _.updated_at < midnight(origins.last.origin))
    if not known.filter(_[REGION] != "").limit(1).to_pyarrow().num_rows:
        return series
    return spans.at_origin(spans.along(series, known, "location_id", (REGION,), origins))
