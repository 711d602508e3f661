"""What was known of a shop's stock at a date: on hand, on order, and on which terms more can be had."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from training.contract import Source
from training.demand.sales import midnight

OPEN_DAYS = 180
"""An order that has not arrived for so long is taken for lost."""
PLACE = ("product_id", "location_id")


def position(source: Source, as_of: date) -> pd.DataFrame:
    """`PLACE`, `on_hand`, `on_order`, `due_in_days` of every product counted before `as_of`, units.

    The last count, less what was sold and more what arrived since. Each product has a row for the whole shop as well,
    its locations' counts together. On order is what no delivery says has arrived; in a shop that keeps no deliveries,
    what came with the count.
    """
    counts = _counts(source, as_of)
    deliveries = source.table("deliveries").filter(_.ordered_at < midnight(as_of))
    lines = source.table("order_lines").filter(_.ordered_at < midnight(as_of))
    sales = _anywhere(lines.select("product_id", location_id=_.store_id, at=_.ordered_at, units=_.quantity))
    came = deliveries.filter(_.arrived_at < midnight(as_of))
    arrivals = came.select(*PLACE, at=_.arrived_at, units=ibis.coalesce(_.arrived, _.quantity))
    found = counts.to_pandas()
    for name, moved in (("sold", sales), ("arrived", _anywhere(arrivals))):
        found = found.merge(_since(moved, counts).rename({name: "units"}).to_pandas(), on=list(PLACE), how="left")
    ordered = _open(deliveries, as_of).to_pandas()
    found = found.merge(ordered, on=list(PLACE), how="left")
    keeps_deliveries = bool(deliveries.count().to_pyarrow().as_py())
    on_order = found["open"] if keeps_deliveries else found["counted_on_order"]
    due = pd.to_datetime(found["promised_on"]) - pd.Timestamp(as_of)
    return found[list(PLACE)].assign(
        on_hand=found["counted"] - found["sold"].fillna(0.0) + found["arrived"].fillna(0.0),
        on_order=on_order.astype(float).fillna(0.0),
        due_in_days=due.dt.days.clip(lower=0).astype(float),
    )


def terms(source: Source, as_of: date) -> pd.DataFrame:
    """`product_id`, `supplier`, `unit_cost`, `price`, `currency`, `pack_size`, `min_order`, `shelf_life_days`.

    The latest terms before `as_of`, of whichever supplier; the latest price and, where the terms say none, cost of the
    catalogue. What is not known is empty.
    """
    before = source.table("supply_terms").filter(_.updated_at < midnight(as_of))
    names = ("supplier", "unit_cost", "currency", "pack_size", "min_order", "shelf_life_days")
    supply = before.group_by("product_id").aggregate(**{n: _[n].argmax(_.updated_at) for n in names}).to_pandas()
    catalogue = source.table("products").filter(_.updated_at < midnight(as_of))
    listed = catalogue.group_by("product_id").aggregate(
        price=_.price.argmax(_.updated_at),
        cost=_.cost.argmax(_.updated_at),
        listed_in=_.currency.argmax(_.updated_at),
    )
    found = supply.merge(listed.to_pandas(), on="product_id", how="outer")
    for name in ("unit_cost", "price", "cost", "pack_size", "min_order", "shelf_life_days"):
        found[name] = found[name].astype(float)
    found["unit_cost"] = found["unit_cost"].fillna(found.pop("cost"))
    found["currency"] = found["currency"].fillna(found.pop("listed_in"))
    known = found[found["price"].gt(0) | found["price"].isna()]
    return known.reset_index(drop=True)


def deliveries(source: Source, as_of: date) -> pd.DataFrame:
    """`supplier`, `ordered_on`, `arrived_on`, `promised_on` of deliveries that had arrived before `as_of`."""
    came = source.table("deliveries").filter(_.arrived_at < midnight(as_of), _.ordered_at < midnight(as_of))
    return came.select(
        "supplier", ordered_on=_.ordered_at.date(), arrived_on=_.arrived_at.date(), promised_on=_.promised_on
    ).to_pandas()


def _counts(source: Source, as_of: date) -> ibis.Table:
    """The last count of each place, and of the whole shop as the sum of them."""
    before = source.table("stock").filter(_.counted_at < midnight(as_of))
    last = before.group_by(*PLACE).aggregate(
        counted=_.quantity.argmax(_.counted_at),
        counted_on_order=_.on_order.argmax(_.counted_at),
        at=_.counted_at.max(),
    )
    told_apart = last.filter(_.location_id != EVERYWHERE)
    whole = last.group_by("product_id").aggregate(
        counted=_.counted.sum(), counted_on_order=_.counted_on_order.sum(), at=_.at.max()
    )
    return told_apart.union(whole.select("product_id", location_id=ibis.literal(EVERYWHERE), **_rest(whole)))


def _rest(table: ibis.Table) -> dict[str, ibis.Value]:
    return {name: table[name] for name in ("counted", "counted_on_order", "at")}


def _anywhere(moved: ibis.Table) -> ibis.Table:
    """Each row at its location, and once more for the whole shop."""
    here = moved.filter(_.location_id.notnull(), _.location_id != EVERYWHERE)
    return here.union(moved.mutate(location_id=ibis.literal(EVERYWHERE)))


def _since(moved: ibis.Table, counts: ibis.Table) -> ibis.Table:
    """(*PLACE, units) moved after the last count."""
    beside = moved.inner_join(counts.select(*PLACE, counted_at=_.at), list(PLACE))
    return beside.filter(_.at > _.counted_at).group_by(*PLACE).aggregate(units=_.units.sum())


def _open(deliveries: ibis.Table, as_of: date) -> ibis.Table:
    """(*PLACE, open, promised_on): units still to come, and the first day they were promised for."""
    waiting = deliveries.filter(
        _.arrived_at.isnull() | (_.arrived_at >= midnight(as_of)),
        _.ordered_at >= midnight(as_of - timedelta(days=OPEN_DAYS)),
    )
    so_far = ibis.ifelse(waiting.arrived_at.isnull(), waiting.arrived.fill_null(0.0), 0.0)
    placed = _anywhere(waiting.select(*PLACE, "promised_on", units=_.quantity - so_far))
    return placed.group_by(*PLACE).aggregate(open=_.units.sum(), promised_on=_.promised_on.min())
