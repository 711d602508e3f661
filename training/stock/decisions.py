"""What to do about the stock of each product and location: order, move, mark down or nothing, and why."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from training.contract import TrainingError
from training.stock import series as frames
from training.stock.advice import Advice, advise
from training.stock.dependence import Dependence
from training.stock.leadtimes import LeadTimes
from training.stock.needs import Holdings, Leads
from training.stock.paths import sample
from training.stock.table import COLUMNS, table
from training.stock.terms import Policy, complete
from training.stock.transfers import transfers

CHUNK = 512
"""Series whose paths are in memory at once."""


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
    return table(place, advice, stock, full, moved, policy, of, today)


def _suppliers(products: np.ndarray, terms: pd.DataFrame) -> np.ndarray:
    if "supplier" not in terms:
        return np.full(len(products), None, dtype=object)
    known = pd.Series(terms["supplier"].to_numpy(dtype=object), index=terms["product_id"].astype(str))
    return known.reindex([str(p) for p in products]).to_numpy(dtype=object)
