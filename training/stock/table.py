"""Decisions as a table: what is bought with the budget, which action comes first, and the reason."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from training.stock.advice import Advice
from training.stock.budget import allocate
from training.stock.needs import Holdings
from training.stock.reasons import reason
from training.stock.risk import CHANCES, first_dates
from training.stock.series import KEYS, Series
from training.stock.terms import Policy, Terms
from training.stock.transfers import Transfers

OUT_ON = tuple(f"out_{chance:.0%}".rstrip("%") + "_on" for chance in CHANCES)
"""First dates on which the chance of being out passes each of `risk.CHANCES`; None beyond the forecast."""
ACTIONS = ("order", "transfer", "markdown", "none")
COLUMNS = (
    *KEYS,
    "action",
    "order_quantity",
    "order_by",
    "transfer_from",
    "transfer_quantity",
    "transfer_out",
    "markdown",
    "on_hand",
    "on_order",
    "reorder_point",
    "safety_stock",
    "order_up_to",
    "expected_on_hand",
    "stockout_chance",
    "stockout_chance_after",
    *OUT_ON,
    "risk",
    "lost_sales_expected",
    "overstock_units",
    "days_of_cover",
    "money_at_stake",
    "reason",
)


def table(
    place: pd.DataFrame,
    advice: Advice,
    stock: Holdings,
    terms: Terms,
    moved: Transfers,
    policy: Policy,
    of: Series,
    today: date,
) -> pd.DataFrame:
    """`COLUMNS` of the series of `place`, of which the others tell."""
    quantity, cut = _bought(advice, terms, moved, policy)
    after = advice.effect(quantity + moved.received)
    money = np.column_stack([np.where(quantity > 0, after.worth, 0.0), moved.money, advice.recovered])
    acts = np.column_stack([quantity > 0, moved.received > 0, advice.markdown > 0])
    stake = np.maximum(np.where(acts, money, 0.0), 0.0)
    names = place["location_id"].to_numpy(dtype=object)
    rows = place.assign(
        action=_actions(acts, stake),
        order_quantity=quantity,
        order_by=[today + timedelta(days=int(days)) if np.isfinite(days) else None for days in advice.reorder_in],
        transfer_from=pd.array([names[row] if row >= 0 else None for row in moved.giver], dtype=object),
        transfer_quantity=moved.received,
        transfer_out=moved.given,
        markdown=advice.markdown,
        on_hand=stock.on_hand,
        on_order=stock.on_order,
        reorder_point=advice.reorder,
        safety_stock=advice.safety,
        order_up_to=advice.upto,
        expected_on_hand=after.on_hand,
        stockout_chance=advice.chance,
        stockout_chance_after=after.chance,
        **dict(zip(OUT_ON, zip(*first_dates(advice.risk, of.starts, of.days, today), strict=True), strict=True)),
        risk=list(advice.risk),
        lost_sales_expected=advice.missing,
        overstock_units=advice.overstock,
        days_of_cover=advice.cover,
        money_at_stake=np.where(terms.priced, stake.sum(axis=1), np.nan),
        order_cut=cut,
        priced=terms.priced,
        lost_before_order=advice.lost.mean(axis=1),
        markdown_recovers=advice.recovered,
        lead_days_low=advice.lead_low,
        lead_days_high=advice.lead_high,
    )
    told = [reason(row, policy.currency) for row in rows.to_dict("records")]
    return rows.assign(reason=told).reindex(columns=list(COLUMNS))


def _actions(acts: np.ndarray, stake: np.ndarray) -> np.ndarray:
    """(series,) of the things to do (series, `ACTIONS` but the last) the one with most money at stake.

    An order that a service level asks for may save nothing, and is still to be placed.
    """
    first = np.argmax(np.where(acts, stake, -1.0), axis=1)
    return np.array(ACTIONS)[np.where(acts.any(axis=1), first, len(ACTIONS) - 1)]


def _bought(advice: Advice, terms: Terms, moved: Transfers, policy: Policy) -> tuple[np.ndarray, np.ndarray]:
    """(series,) units to order after what is moved, and those that the budget leaves out.

    With a budget only what has a price can be bought.
    """
    wanted = terms.rounded(np.maximum(advice.quantity - moved.received, 0.0))
    if policy.budget is None:
        return wanted, np.zeros(len(wanted))
    payable = np.where(terms.priced, wanted, 0.0)
    if (payable * terms.cost).sum() <= policy.budget:
        return payable, wanted - payable
    rows = np.flatnonzero(payable)
    sizes = np.minimum(advice.sizes, payable[:, None])
    without = advice.effect(moved.received).worth
    gains = np.stack([advice.effect(moved.received + size).worth - without for size in sizes.T], axis=1)
    bought = np.zeros(len(wanted))
    bought[rows] = allocate(sizes[rows], gains[rows], terms.cost[rows], policy.budget)
    return bought, wanted - bought
