"""Why something is worth doing about a series, in words with the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def reason(row: Mapping[str, Any], currency: str | None) -> str:
    """One sentence per action that the row (`decisions.COLUMNS`) takes, and what it is based on."""
    coming = f", {units(row['on_order'])} on order" if row["on_order"] else ""
    takes = f"{row['lead_days_low']:.0f} to {row['lead_days_high']:.0f} days"
    said = [f"{units(row['on_hand'])} on hand last {_days(row['days_of_cover'])}{coming}; an order takes {takes}"]
    if row["order_quantity"]:
        said.append(f"order {units(row['order_quantity'])}: {_risk(row)}")
    elif row["order_cut"]:
        why = "the budget leaves nothing of" if row["priced"] else "no price is known, so that the budget cannot hold"
        said.append(f"{why} the {units(row['order_cut'])} to order: {_risk(row)}")
    if row["transfer_quantity"]:
        missing = f"{row['lost_before_order']:.1f} are expected to be missing before an order arrives"
        said.append(f"move {units(row['transfer_quantity'])} from {row['transfer_from']}: {missing}")
    if row["transfer_out"]:
        said.append(f"{units(row['transfer_out'])} of it are better elsewhere")
    if row["overstock_units"]:
        said.append(_overstock(row, currency))
    if row["order_quantity"] and row["order_cut"]:
        said.append(f"the budget leaves out {units(row['order_cut'])} more")
    return "; ".join(said)


def units(value: float) -> str:
    """A number of units: whole where it is."""
    return f"{value:,.0f}" if value == round(value) or value >= 100 else f"{value:,.1f}"


def _risk(row: Mapping[str, Any]) -> str:
    chance, missing = row["stockout_chance"], row["lost_sales_expected"]
    return f"without it a chance of {chance:.0%} to run out before a later order arrives, {missing:.1f} units missing"


def _overstock(row: Mapping[str, Any], currency: str | None) -> str:
    found = f"{units(row['overstock_units'])} will not sell in time with a chance of 90 %"
    if not row["markdown"]:
        return found
    recovered = f", which recovers {row['markdown_recovers']:,.2f} {currency or ''}".rstrip() if row["priced"] else ""
    return f"{found}: cut the price by {row['markdown']:.0%}{recovered}"


def _days(days: float) -> str:
    if not np.isfinite(days):
        return "for ever at no expected demand"
    return "under a day" if days < 1 else f"about {days:.0f} day{'s' if round(days) != 1 else ''}"
