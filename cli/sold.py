"""What was sold of a product, period by period, as the lake has it."""

from __future__ import annotations

from datetime import date, timedelta

from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from commerce.families.demand.parameters import DAYS
from lake import Lake

PERIODS = 26
"""Of history beside a forecast: half a year of weeks."""


def history(lake: Lake, product_id: str, location_id: str, first: date, frequency: str) -> dict[date, float]:
    """First day → units sold of the `PERIODS` before `first`, those without a sale as 0, from the first sale on."""
    days = DAYS[frequency]
    since = first - timedelta(days=PERIODS * days)
    lines = lake.table("order_lines", since=since, until=first - timedelta(days=1))
    own = lines.filter(_.product_id == product_id, _.kind == "sale", _.quantity > 0)
    if location_id != EVERYWHERE:
        own = own.filter(_.store_id == location_id)
    day = _.ordered_at.truncate("s").epoch_seconds() // 86400
    begin = (since - date(1970, 1, 1)).days
    periods = own.mutate(period=(day - begin) // days).group_by("period").agg(sold=_.quantity.sum())
    sold = {int(row["period"]): float(row["sold"]) for row in periods.to_pyarrow().to_pylist()}
    started = min(sold, default=PERIODS)
    return {since + timedelta(days=days * k): sold.get(k, 0.0) for k in range(started, PERIODS)}


def best_seller(lake: Lake, as_of: date, days: int, most: float) -> str:
    """The product of which most units sold in the days before `as_of`, of those of which no more than `most` did.

    Raises `LookupError` where there is none.
    """
    lines = lake.table("order_lines", since=as_of - timedelta(days=days), until=as_of - timedelta(days=1))
    units = lines.filter(_.kind == "sale", _.quantity > 0).group_by("product_id").agg(units=_.quantity.sum())
    rows = units.filter(_.units <= most).order_by(_.units.desc(), "product_id").limit(1).to_pyarrow().to_pylist()
    if not rows:
        raise LookupError(f"no product sold in the {days} days before {as_of}")
    return rows[0]["product_id"]
