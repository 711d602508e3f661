"""The advice where there is no model: order up to what is sold lately until the next order's arrival."""

from __future__ import annotations

import math
from datetime import datetime
from statistics import NormalDist
from typing import cast

from pydantic import BaseModel

from commerce.families.stock.answer import EVERYWHERE, LocationAdvice, StockAdvice
from commerce.families.stock.parameters import StockParameters
from commerce.sales import ProductState
from commerce.scores import Reason

USUAL_SERVICE_LEVEL = 0.95
"""Where the shop has set none: costs are not weighed here."""


def baseline(state: ProductState | None, now: datetime, parameters: BaseModel) -> StockAdvice:
    """Order-up-to levels from `ProductState.rate`, for the whole shop; what is on hand is not known here.

    Demand varies as a Poisson count, over a lead time of the shop's mean and spread (Silver, Pyke and Thomas,
    *Inventory and production management in supply chains*, 2017).
    """
    own = cast(StockParameters, parameters)
    daily = state.rate(now) if state is not None else 0.0
    factor = NormalDist().inv_cdf(own.service_level or USUAL_SERVICE_LEVEL)

    def safety(days: float) -> float:
        return factor * math.sqrt(daily * days + (daily * own.lead_time_spread_days) ** 2)

    until_arrival, until_next = own.lead_time_days, own.lead_time_days + own.review_days
    cushion = max(safety(until_arrival), 0.0)
    reorder_point = math.ceil(daily * until_arrival + cushion)
    reason = "no sale of this product is known"
    if daily:
        reason = f"sells {daily:.2f} a day lately: order when no more than {reorder_point} are left, which is not known"
    place = LocationAdvice(
        location_id=EVERYWHERE,
        action="none",
        on_hand=None,
        safety_stock=round(cushion, 2),
        reorder_point=reorder_point,
        order_up_to=math.ceil(daily * until_next + max(safety(until_next), 0.0)),
        order_quantity=0,
        order_by=None,
        days_of_cover=None,
        stockout_chance=None,
        stockout_on=None,
        reason=reason,
    )
    return StockAdvice(
        source="baseline",
        as_of=now.date(),
        reasons=[Reason(text=reason, contribution=0.0)],
        currency=own.currency,
        locations=[place],
    )
