"""What a product costs lately, against what it usually does."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
from ibis import _

from commerce.model import FeatureField
from training.contract import Source
from training.demand.origins import ORIGIN, Origins
from training.demand.sales import beside

LATELY_DAYS = 28
USUAL_DAYS = 364
OWN = "own"
PRODUCT = (ORIGIN, "product_id")

FIELDS: tuple[FeatureField, ...] = (
    FeatureField(
        name="price_ratio", type="float64", doc=f"price paid in the last {LATELY_DAYS} days over the usual one"
    ),
    FeatureField(name="list_ratio", type="float64", doc="newest own price of the price list over the usual price paid"),
)


def prices(sales: ibis.Table, source: Source, origins: Origins) -> ibis.Table:
    """(*PRODUCT, *FIELDS), from `sales` (*PRODUCT, age, quantity, paid) and the price list; empty where unknown.

    A price is what was paid per unit, after discounts; the usual one is the mean over a year's units.
    """
    lately, usual = LATELY_DAYS // origins.days, USUAL_DAYS // origins.days
    paid = sales.group_by(*PRODUCT).aggregate(
        lately=_.paid.sum(where=_.age < lately) / _.quantity.sum(where=_.age < lately),
        usual=_.paid.sum(where=_.age < usual) / _.quantity.sum(where=_.age < usual),
    )
    known = origins.known(source.table("prices").filter(_.seller == OWN), "valid_from")
    newest = ibis.row_number().over(ibis.window(group_by=[*PRODUCT, "store_id"], order_by=ibis.desc("valid_from")))
    listed = known.mutate(newest=newest).filter(_.newest == 0)
    listed = listed.group_by(*PRODUCT).aggregate(listed=_.price.cast("float64").mean())
    # What was given away has no usual price.
    return beside(paid, listed, PRODUCT).select(
        *PRODUCT, price_ratio=_.lately / _.usual.nullif(0.0), list_ratio=_.listed / _.usual.nullif(0.0)
    )
