"""What advice about a product's stock looks like."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.scores import Score

EVERYWHERE = "*"
"""Location of stock that is not told apart by location."""
Action = Literal["order", "transfer", "markdown", "none"]
Units = Annotated[float, Field(ge=0)]
Chance = Annotated[float, Field(ge=0, le=1)]
_EXAMPLE = {
    "family": "stock",
    "source": "model",
    "version": "2",
    "as_of": "2026-03-02",
    "reasons": [{"text": "one of two locations is to order: 48 units", "contribution": 31.4}],
    "currency": "EUR",
    "locations": [
        {
            "location_id": "367",
            "action": "order",
            "on_hand": 9,
            "on_order": 0,
            "safety_stock": 7.5,
            "reorder_point": 24,
            "order_up_to": 52,
            "order_quantity": 48,
            "order_by": "2026-03-02",
            "days_of_cover": 8.9,
            "stockout_chance": 0.62,
            "stockout_on": "2026-03-11",
            "risks": [{"starts_on": "2026-03-02", "chance": 0.21}, {"starts_on": "2026-03-09", "chance": 0.74}],
            "lost_sales": 6.2,
            "overstock": 0,
            "markdown": 0,
            "transfer_from": None,
            "transfer_quantity": 0,
            "money_at_stake": 31.4,
            "reason": "9 on hand last 8.9 days, an order takes about 6: order 48",
        }
    ],
}


class StockoutRisk(BaseModel):
    """Chance of being out of stock at the end of a period, if nothing is done."""

    # Here and below: customers' scores, which the same function answers, do not pay for these schemas.
    model_config = ConfigDict(defer_build=True)

    starts_on: date
    chance: Chance


class LocationAdvice(BaseModel):
    """What to do about one product's stock at one location. Quantities are in units, money in the answer's currency."""

    model_config = ConfigDict(defer_build=True)

    location_id: str = Field(description=f"warehouse or store; {EVERYWHERE} for the whole shop")
    action: Action
    on_hand: float | None = Field(description="counted last; null where stock is not known")
    on_order: Units = 0.0
    safety_stock: Units
    reorder_point: Units = Field(description="with so much or less, on hand and on order, it is time to order")
    order_up_to: Units
    order_quantity: Units = Field(description="to order now, in whole packs")
    order_by: date | None = Field(description="when the reorder point is expected to be reached; today where it is")
    days_of_cover: Units | None = Field(description="days that what is on hand lasts at expected demand")
    stockout_chance: Chance | None = Field(description="until an order placed at the next review would arrive")
    stockout_on: date | None = Field(description="first day on which being out is more likely than not")
    risks: list[StockoutRisk] = Field(default_factory=list)
    lost_sales: Units = Field(default=0.0, description="expected units asked for and not there, if nothing is done")
    overstock: Units = Field(default=0.0, description="units that are not sold in the horizon with a chance of 90 %")
    markdown: Chance = Field(default=0.0, description="suggested, as a share of the price")
    transfer_from: str | None = None
    transfer_quantity: Units = 0.0
    money_at_stake: Units = Field(default=0.0, description="expected loss that is avoided by acting")
    reason: str


class StockAdvice(Score):
    """Answer of the stock family about one product; whoever asked knows which."""

    model_config = ConfigDict(defer_build=True, json_schema_extra={"examples": [_EXAMPLE]})

    family: str = "stock"
    currency: str | None = Field(default=None, description="ISO 4217; null where the shop has no prices")
    locations: list[LocationAdvice]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each location, with what is to be done alone."""
        return [
            {
                "location": "whole shop" if place.location_id == EVERYWHERE else place.location_id,
                "on_hand": place.on_hand,
                "order": place.order_quantity or None,
                "by": place.order_by if place.order_quantity else None,
                "move": f"{place.transfer_quantity:g} from {place.transfer_from}" if place.transfer_from else None,
                "markdown": f"{place.markdown:.0%}" if place.markdown else None,
                "out": None if place.stockout_chance is None else f"{place.stockout_chance:.0%}",
                "at_stake": place.money_at_stake,
                "why": place.reason,
            }
            for place in self.locations
        ]
