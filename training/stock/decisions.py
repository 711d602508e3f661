"""What to do about the stock of each product and location: order, move, mark down or nothing, and why."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from training.contract import TrainingError
from training.stock import series as frames
from training.stock.advice import Advice, advise
from training.stock.budget import allocate
from training.stock.dependence import Dependence
from training.stock.leadtimes import LeadTimes
from training.stock.needs import Holdings, Leads
from training.stock.paths import sample
from training.stock.reasons import reason
from training.stock.risk import CHANCES, first_dates
from training.stock.series import KEYS
from training.stock.terms import Policy, Terms, complete
from training.stock.transfers import Transfers, transfers

CHUNK = 512
"""Series whose paths are in memory at once."""
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


def decide(
    forecasts: pd.DataFrame,
    state: pd.DataFrame,
    terms: pd.DataFrame,
    lead_times: LeadTimes,
    policy: Policy,
    *,
    today: date | None = None,
    dependence: Dependence | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """One row of `COLUMNS` per product and location that has a forecast and a count of stock.

    `forecasts` as `series.series` takes them, `state` as `series.holdings`, `terms` as `terms.complete`, with the
    `supplier` where it is known. `today` is within the first period forecast, its first day by default.

    Units: `stockout_chance` and `lost_sales_expected` are until an order of the next review would arrive, if nothing is
    ordered now, `stockout_chance_after` with the order. `risk` is the chance to have run out by the end of each
    period. `order_by` is the day on which the position is expected to reach the reorder point. `money_at_stake`, NaN
    where no price is known, is the loss avoided by acting now rather than at the next review.
    """
    of = frames.series(forecasts)
    keys, stock = frames.holdings(state)
    rows, held = frames.joined(of, keys)
    today = today or of.starts[0]
    elapsed = (today - of.starts[0]).days
    if not 0 <= elapsed < of.days:
        raise TrainingError(
            f"the forecasts begin on {of.starts[0]}, not in the period of {today}; take those made for it"
        )
    stock = Holdings(stock.on_hand[held], stock.on_order[held], stock.due[held])
    products = of.keys["product_id"].to_numpy()[rows]
    full = complete(products, terms, policy)
    suppliers = _suppliers(products, terms)
    draws = (dependence or Dependence()).draws(len(of.starts), seed)

    def part(chunk: slice) -> Advice:
        paths = sample(of.quantiles[rows[chunk]], draws.demand, of.days, elapsed)
        here = Holdings(stock.on_hand[chunk], stock.on_order[chunk], stock.due[chunk])
        now, later = (lead_times.days(suppliers[chunk], draw) for draw in (draws.lead, draws.later_lead))
        leads = Leads.of(now, later, draws.residual, here)
        return advise(paths, of.mean[rows[chunk]], here, leads, full.at(chunk), policy)

    parts = [part(chunk) for chunk in frames.chunks(len(rows), CHUNK)]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    advice = Advice.joined(parts)
    place = of.keys.iloc[rows].reset_index(drop=True)
    moved = transfers(place, advice.surplus, advice.need, advice.lost, full.shortage(policy))
    return _table(place, advice, stock, full, moved, policy, of, today)


def _suppliers(products: np.ndarray, terms: pd.DataFrame) -> np.ndarray:
    if "supplier" not in terms:
        return np.full(len(products), None, dtype=object)
    known = pd.Series(terms["supplier"].to_numpy(dtype=object), index=terms["product_id"].astype(str))
    return known.reindex([str(p) for p in products]).to_numpy(dtype=object)


def _bought(advice: Advice, full: Terms, moved: Transfers, policy: Policy) -> tuple[np.ndarray, np.ndarray]:
    """(series,) units to order after what is moved, and those that the budget does not allow.

    Only what has a price can be bought with a budget.
    """
    wanted = full.rounded(np.maximum(advice.quantity - moved.received, 0.0))
    if policy.budget is None or float((wanted * full.cost)[full.priced].sum()) <= policy.budget:
        return wanted, np.zeros(len(wanted))
    rows = np.flatnonzero((wanted > 0) & full.priced)
    sizes = np.minimum(advice.sizes[rows], wanted[rows, None])
    bought = np.zeros(len(wanted))
    bought[rows] = allocate(sizes, advice.benefits[rows], full.cost[rows], policy.budget)
    return bought, wanted - bought


def _table(
    place: pd.DataFrame,
    advice: Advice,
    stock: Holdings,
    full: Terms,
    moved: Transfers,
    policy: Policy,
    of: frames.Series,
    today: date,
) -> pd.DataFrame:
    quantity, cut = _bought(advice, full, moved, policy)
    after = advice.effect(quantity + moved.received)
    money = np.column_stack([np.where(quantity > 0, after.worth, -np.inf), moved.money, advice.recovered])
    acts = np.column_stack([quantity > 0, moved.received > 0, advice.markdown > 0])
    chosen = np.where(acts.any(axis=1), np.argmax(np.where(acts, money, -np.inf), axis=1), len(ACTIONS) - 1)
    # An order of the service level may cost more than it saves, and is still the first thing to do.
    chosen = np.where(acts[:, 0] & ~(acts[:, 1:] & (money[:, 1:] > np.maximum(money[:, :1], 0))).any(axis=1), 0, chosen)
    stake = np.maximum(np.where(acts, money, 0.0), 0.0).sum(axis=1)
    names = place["location_id"].to_numpy(dtype=object)
    table = place.assign(
        action=np.array(ACTIONS)[chosen],
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
        money_at_stake=np.where(full.priced, stake, np.nan),
        order_cut=cut,
        priced=full.priced,
        lost_before_order=advice.lost.mean(axis=1),
        markdown_recovers=advice.recovered,
        lead_days_low=advice.lead_low,
        lead_days_high=advice.lead_high,
    )
    told = [reason(row, policy.currency) for row in table.to_dict("records")]
    return table.assign(reason=told).reindex(columns=list(COLUMNS))
