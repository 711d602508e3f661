"""A bakery that decides once a week what to bake on each of the next seven days; what a day leaves is thrown away.

35 stores, 3 products, the eight weeks of `_demand_bakery`. Costs and prices are not in the data and are stated here.
The simple policies look at the same weekday of the weeks before the origin, which is all that the forecast knows as
well; their factors, one for each product, are those that cost least in the eight weeks before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from benchmarks._demand_bakery import ORIGINS, shop, sold_by_day
from benchmarks._stock_contest import Contest, Floor
from benchmarks._stock_forecasts import forecasts
from benchmarks._stock_results import result
from benchmarks.harness import Result, data_file, hashes
from commerce.families.demand import DemandParameters
from training.contract import ENTITY
from training.stock.leadtimes import LeadTimes
from training.stock.policies import Sampled, moving_average, normal_ss
from training.stock.simulator import Orderer, Replay
from training.stock.terms import Policy, complete

TERMS = pd.DataFrame(
    {
        "product_id": ["101", "109", "110"],
        "unit_cost": [0.20, 0.60, 1.00],
        "price": [0.50, 1.50, 2.80],
        "shelf_life_days": [1, 1, 1],
    }
)
POLICY = Policy(review_days=1)
AT_ONCE = LeadTimes.stated(0.0, 0.0)
DAYS = 7 * len(ORIGINS)
WEEKS_BACK = 4
FACTORS = tuple(float(f) for f in np.arange(80, 155, 5) / 100)
LEVELS = tuple(float(f) for f in np.arange(30, 100, 5) / 100)
SHARES = (1.0, 0.25, 0.5, 0.75, 1.5, 2.0, 3.0, 5.0)
"""Shortage costs as shares of the margin: the true one first, the others draw the frontier."""


def measure(seed: int) -> Result:
    """Cost, fill rate and waste beside the simple policies."""
    path = data_file("bakery.parquet")
    days = sold_by_day(path)
    found = forecasts(shop(days), ORIGINS, DemandParameters(frequency="day", horizon=7), seed)
    sold = days.pivot_table(index=["product", "store"], columns="date", values="demand", aggfunc="sum", fill_value=0.0)
    sold = sold.loc[list(found.keys.itertuples(index=False, name=None))]
    demand, begin = sold.to_numpy(dtype=np.float64), list(sold.columns).index(pd.Timestamp(ORIGINS[0]))
    products = found.keys[ENTITY].to_numpy()
    terms = complete(products, TERMS, POLICY)

    def replay(first: int) -> Replay:
        part = demand[:, first : first + DAYS]
        return Replay(part, np.zeros_like(part), np.zeros(len(part)), 0)

    def average(first: int, factor: float) -> Orderer:
        return moving_average(lambda day: _same_weekday(demand[:, : first + day]), 1.0, factor, terms)

    def normal(first: int, level: float) -> Orderer:
        return normal_ss(lambda day: _same_weekday(demand[:, : first + day]), (0.0, 0.0), level, terms, POLICY)

    def sampled(share: float) -> Orderer:
        draws, policy = found.dependence.draws(7, seed), replace(POLICY, shortage_share=share)
        return Sampled(lambda day: found.at(ORIGINS[0] + timedelta(days=day)), draws, 1, AT_ONCE, terms, policy)

    contest = Contest(replay, terms, POLICY, np.unique(products, return_inverse=True)[1])
    simple = {"moving_average": Floor(average, FACTORS), "normal": Floor(normal, LEVELS)}
    floors = contest.floors(simple, begin - DAYS, begin)
    return replace(result("bakery", contest.ours(begin, sampled, SHARES), floors, seed), data=hashes(path))


def _same_weekday(past: np.ndarray) -> np.ndarray:
    """(series, weeks) demand of the latest days of the coming day's weekday."""
    return past[:, ::-1][:, 6::7][:, :WEEKS_BACK]
