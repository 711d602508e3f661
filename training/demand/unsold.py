"""Products that the catalogue lists and nobody has bought yet: which they are at each origin, and where to expect them.

They are forecast from what their likes sell, and learned from: at earlier origins others were as new.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from commerce.families.demand.nodes import CATALOGUE
from commerce.families.demand.parameters import DemandParameters
from lake.keeping import Hold
from training.contract import Source
from training.demand import hierarchy
from training.demand.history import NEW_DAYS, WAITED
from training.demand.origins import ORIGIN, Origins
from training.demand.sales import SERIES, beside

SHARE = 0.1
"""Of the series that sell at an origin: so many may be unsold. What was loaded in bulk and is not on sale yet would
otherwise be most of what is learned, and nodes' sums of nothing."""
FEW = 100
"""Unsold series that a small shop has room for nevertheless."""


def among(
    selling: ibis.Table, sales: ibis.Table, source: Source, origins: Origins, parameters: DemandParameters, hold: Hold
) -> ibis.Table:
    """(*SERIES, *nodes.level_columns, WAITED) of the series that sell, of which `WAITED` is empty, and of those unsold.

    `selling` is (*SERIES, *nodes.level_columns), `sales` of `sales.by_period`. Unsold is a product first listed within
    `NEW_DAYS` before the origin, not inactive, that nobody bought anywhere before it. What was listed in the first
    period of all the catalogue may be as old as the shop and is not. The newest are kept, up to `SHARE` or `FEW`.
    """
    known = selling.mutate(**{WAITED: ibis.null("float64")})
    # Most shops list nothing before it sells, and need not ask the rest.
    listed = hold(_listed(source, origins))
    if _empty(listed):
        return known
    new = hold(_unsold(listed, sales, source, origins))
    if _empty(new):
        return known
    placed = _placed(new, selling, source, origins, parameters.by_location)
    kept = _newest(hierarchy.without(placed, parameters.left_out), selling)
    return hold(known.union(kept.select(*known.columns)))


def _empty(table: ibis.Table) -> bool:
    return table.count().to_pyarrow().as_py() == 0


def _listed(source: Source, origins: Origins) -> ibis.Table:
    """(product_id, listed): the period of the first row of products that are new at one of the origins."""
    rows = source.table("products").select("product_id", listed=origins.numbered("updated_at"))
    each = rows.group_by("product_id").aggregate(listed=_.listed.min())
    near = each.mutate(oldest=each.listed.min()).filter(_.listed > _.oldest, _.listed < origins.last.first)
    return near.filter(_.listed >= origins.first.first - NEW_DAYS // origins.days).drop("oldest")


def _unsold(listed: ibis.Table, sales: ibis.Table, source: Source, origins: Origins) -> ibis.Table:
    """(origin, product_id, WAITED) of those `listed` that are new, unsold and not inactive at the origin."""
    bought = sales.semi_join(listed, "product_id").group_by("product_id").aggregate(bought=_.period.min())
    each = origins.crossed(beside(listed, bought, ("product_id",)))
    new = each.filter(_.listed < _.origin, _.listed >= _.origin - NEW_DAYS // origins.days)
    unsold = new.filter(_.bought.isnull() | (_.bought >= _.origin))
    rows = origins.known(source.table("products").semi_join(listed, "product_id"), "updated_at")
    # Engines differ in what the newest of empty values is.
    said = rows.mutate(active=_.active.fill_null(True)).group_by(ORIGIN, "product_id")
    active = said.aggregate(active=_.active.argmax(_.updated_at)).filter(_.active)
    waited = {WAITED: (_.origin - 1 - _.listed).cast("float64")}
    return unsold.semi_join(active, [ORIGIN, "product_id"]).select(ORIGIN, "product_id", **waited)


def _placed(unsold: ibis.Table, selling: ibis.Table, source: Source, origins: Origins, by_location: bool) -> ibis.Table:
    """(*SERIES, *nodes.level_columns, WAITED): the unsold at each location where their category sells.

    Else where their department does, else nowhere; where locations are not told apart, in the whole shop.
    """
    everywhere = hierarchy.placed(unsold.mutate(location_id=ibis.literal(EVERYWHERE)), source, origins, False)
    if not by_location:
        return everywhere
    rest, found = everywhere.select(ORIGIN, "product_id", WAITED, *CATALOGUE), []
    for level in reversed(CATALOGUE):
        places = selling.filter(_[level] != "").select(ORIGIN, level, "location_id").distinct()
        found.append(rest.inner_join(places, [ORIGIN, level]).select(*SERIES, WAITED))
        rest = rest.anti_join(places, [ORIGIN, level])
    return hierarchy.placed(ibis.union(*found), source, origins, by_location)


def _newest(unsold: ibis.Table, selling: ibis.Table) -> ibis.Table:
    """The newest, all locations of a product or none, as many as there is room for."""
    order = [WAITED, "product_id", "location_id"]
    ranked = unsold.mutate(place=ibis.row_number().over(ibis.window(group_by=ORIGIN, order_by=order)))
    whole = ranked.mutate(place=_.place.max().over(ibis.window(group_by=[ORIGIN, "product_id"])))
    room = selling.group_by(ORIGIN).aggregate(room=ibis.greatest(_.count() * SHARE, float(FEW)))
    return whole.inner_join(room, ORIGIN).filter(_.place < _.room).drop("place", "room")
