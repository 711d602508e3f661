"""The list of what is worth doing about stock, over all products and locations, and what is worth an alert."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel, ConfigDict

from commerce.families.stock.answer import Action, StockAdvice
from commerce.rankings import Ranking

LIKELY = 0.5
"""Chance from which a stock-out is expected."""
STOCKOUT, OVERSTOCK = "Stock-out Expected", "Overstock Found"


class StockAction(BaseModel):
    """One product at one location about which something is worth doing."""

    model_config = ConfigDict(defer_build=True)

    product_id: str
    location_id: str
    action: Action
    money_at_stake: float
    currency: str | None
    order_quantity: float
    order_by: date | None
    transfer_from: str | None
    transfer_quantity: float
    markdown: float
    on_hand: float | None
    on_order: float
    days_of_cover: float | None
    stockout_chance: float | None
    stockout_on: date | None
    overstock: float
    reason: str


def actions(product_id: str, advice: StockAdvice) -> Iterator[StockAction]:
    """A row for each location of the product with something to do, or with a risk that an alert tells."""
    for place in advice.locations:
        row = StockAction(product_id=product_id, currency=advice.currency, **place.model_dump(include=_SHARED))
        if row.action != "none" or runs_out(row) or piles_up(row):
            yield row


def runs_out(row: StockAction) -> bool:
    """More likely than not it is out before an order placed at the next review would arrive."""
    return row.stockout_chance is not None and row.stockout_chance >= LIKELY


def piles_up(row: StockAction) -> bool:
    """Units are there that will hardly be sold in the horizon."""
    return row.overstock > 0


_SHARED = set(StockAction.model_fields) - {"product_id", "currency"}
RANKING = Ranking(
    path="recommendations",
    summary="What is worth doing about stock, the most money at stake first.",
    row=StockAction,
    rows=actions,
    by="money_at_stake",
    filters=("action", "location_id"),
    alerts={STOCKOUT: runs_out, OVERSTOCK: piles_up},
)
