"""Decisions about one product as advice that fits into one item of DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from commerce.families.stock import StockAdvice
from commerce.families.stock.answer import LocationAdvice, StockoutRisk
from commerce.scores import Reason

DECIMALS = 3
MOST_BYTES = 380_000
"""An item of DynamoDB holds 400 KiB, its key and the answer's version among them."""
MOST_REASONS = 3


def advice(rows: pd.DataFrame, starts: Sequence[date], as_of: date, currency: str | None) -> StockAdvice:
    """Advice about the product whose `rows` of `decisions.COLUMNS` are given, one per location.

    `starts` are the first days of the periods ahead. Where all locations are too much for an item, those with the most
    money at stake are kept, and a reason says how many are not.
    """
    places = [_place(row, starts) for row in rows.to_dict("records")]
    places.sort(key=lambda place: (-place.money_at_stake, place.location_id))
    sizes = np.cumsum([len(place.model_dump_json()) + 1 for place in places])
    kept = max(int(np.searchsorted(sizes, MOST_BYTES, side="right")), 1)
    doing = [place for place in places if place.action != "none"][:MOST_REASONS] or places[:1]
    reasons = [Reason(text=_said(place, len(places)), contribution=place.money_at_stake) for place in doing]
    if kept < len(places):
        left = f"{len(places) - kept} of {len(places)} locations are left out: those with the least money at stake"
        reasons.append(Reason(text=left, contribution=0.0))
    return StockAdvice(source="model", as_of=as_of, reasons=reasons, currency=currency, locations=places[:kept])


def _place(row: dict[str, Any], starts: Sequence[date]) -> LocationAdvice:
    risks = [
        StockoutRisk(starts_on=start, chance=_number(chance)) for start, chance in zip(starts, row["risk"], strict=True)
    ]
    return LocationAdvice(
        location_id=row["location_id"],
        action=row["action"],
        on_hand=_number(row["on_hand"]),
        on_order=_number(row["on_order"]),
        safety_stock=max(_number(row["safety_stock"]), 0.0),
        reorder_point=max(_number(row["reorder_point"]), 0.0),
        order_up_to=max(_number(row["order_up_to"]), 0.0),
        order_quantity=_number(row["order_quantity"]),
        order_by=_known(row["order_by"]),
        days_of_cover=_number(row["days_of_cover"]) if np.isfinite(row["days_of_cover"]) else None,
        stockout_chance=_number(row["stockout_chance"]),
        stockout_on=_known(row["out_50_on"]),
        risks=risks,
        lost_sales=_number(row["lost_sales_expected"]),
        overstock=_number(row["overstock_units"]),
        markdown=_number(row["markdown"]),
        transfer_from=_known(row["transfer_from"]),
        transfer_quantity=_number(row["transfer_quantity"]),
        # Where no price is known there is no money; what to do is known all the same.
        money_at_stake=_number(row["money_at_stake"]) if np.isfinite(row["money_at_stake"]) else 0.0,
        reason=row["reason"],
    )


def _said(place: LocationAdvice, of: int) -> str:
    return place.reason if of == 1 else f"{place.location_id}: {place.reason}"


def _number(value: float) -> float:
    return round(float(value), DECIMALS)


def _known(value: Any) -> Any:
    """None for what pandas says of a missing cell."""
    return None if value is None or pd.isna(value) else value
