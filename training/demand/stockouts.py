"""Days on which a product was out of stock: that nothing sold then is no evidence of low demand."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from training.contract import Source
from training.demand.origins import ORIGIN, SECONDS, Origins
from training.demand.sales import SERIES, before, midnight


def out(source: Source, origins: Origins, series: ibis.Table) -> ibis.Table:
    """(*SERIES, age, share): share of a period's days, before the origin, whose last count was nothing.

    Of the products of the `series` (*SERIES), at all their locations.
    For the whole shop a product was out where all the locations counted that day, and no fewer than ever, had nothing.
    """
    known = source.table("stock").filter(_.counted_at < midnight(origins.last.origin))
    daily = known.group_by("product_id", "location_id", day=_.counted_at.truncate("s").epoch_seconds() // SECONDS)
    last = daily.aggregate(quantity=_.quantity.argmax(_.counted_at))
    numbered = last.mutate(period=((_.day + origins.last.shift) // origins.days).cast("int64"))
    counted = before(numbered, series, ("product_id",))
    empty = counted.filter(_.quantity <= 0).select(*SERIES, "day", "age")
    places = counted.group_by(ORIGIN, "product_id").aggregate(places=_.location_id.nunique())
    nowhere = (
        empty.group_by(ORIGIN, "product_id", "day", "age")
        .aggregate(empty=_.count())
        .inner_join(places, [ORIGIN, "product_id"])
        .filter(_.empty == _.places)
        .select(ORIGIN, "product_id", location_id=ibis.literal(EVERYWHERE), day=_.day, age=_.age)
    )
    days = empty.union(nowhere, distinct=True)
    return days.group_by(*SERIES, "age").aggregate(share=_.count() / float(origins.days))
