"""A grocer's weekly orders (Complete Journey), the last ten weeks, after two that warm up.

Products of the whole shop that sold in at least 20 of the 26 weeks before, as the demand model learns them; 400 of them
drawn at random are kept in stock. Not in the data, and stated here: cost as a share of the price paid, lead times,
packs, shelf lives by department, and the cost of an order. Lead times of all policies are the same draws. Simple
policies look at the days of the eight weeks before each order and are tuned on the twelve weeks before the replay, for
goods that spoil and goods that last apart.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from benchmarks._demand_contest import Shop
from benchmarks._recommendations_basket import data_folder, grocer_tables
from benchmarks._stock_contest import Contest, Floor
from benchmarks._stock_forecasts import forecasts
from benchmarks._stock_results import result
from benchmarks.harness import Result, hashes
from commerce.families.demand import DemandParameters
from training.contract import ENTITY
from training.stock.leadtimes import LeadTimes
from training.stock.policies import Sampled, moving_average, normal_ss
from training.stock.simulator import Orderer, Replay
from training.stock.terms import Policy, complete

WARM_UP, WEEKS, HORIZON = 2, 10, 5
ORIGINS = tuple(date(2017, 10, 9) + timedelta(days=7 * week) for week in range(WARM_UP + WEEKS))
"""Mondays; the data ends with the last week's Sunday, 2017-12-31."""
DAYS = 7 * len(ORIGINS)
REGULAR_WEEKS, OF_WEEKS, PRODUCTS = 20, 26, 400
NO_STOCK = ("FUEL", "MISCELLANEOUS", "COUPON", "TRAVEL & LEISURE", "RESTAURANT")
"""Departments whose units are not what a shelf holds, such as hundredths of a gallon."""
LEAD = (4.0, 2.0)
"""Mean and standard deviation of a gamma distribution, days."""
LIFE = {"PRODUCE": 12, "MEAT": 12, "SEAFOOD": 12, "DELI": 14, "PASTRY": 14, "SALAD BAR": 12, "MEAT-PCKGD": 28}
"""Days that goods of a department can be sold; those of others last."""
PACK = 4
"""Units of a pack of what lasts; the rest comes singly."""
POLICY = Policy(currency="USD", review_days=7, ordering_cost=0.25, cost_share=0.7)
BACK_DAYS = 56
FACTORS = tuple(float(f) for f in np.arange(50, 350, 15) / 100)
LEVELS = (
    0.05,
    0.1,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.85,
    0.9,
    0.925,
    0.95,
    0.96,
    0.97,
    0.98,
    0.985,
    0.99,
    0.995,
    0.999,
    0.9999,
)
SHARES = (1.0, 0.35, 0.5, 0.75, 1.5, 2.0, 4.0, 8.0)


def measure(seed: int) -> Result:
    """Cost, fill rate, stock and waste beside the simple policies."""
    folder = data_folder()
    lines, products = _regular(folder)
    shop = Shop({"order_lines": _lake_lines(lines), "products": products})
    parameters = DemandParameters(frequency="week", horizon=HORIZON, by_location=False)
    found = forecasts(shop, ORIGINS, parameters, seed)
    known = found.keys[ENTITY].to_numpy()
    drawn = np.sort(np.random.default_rng(seed).choice(len(known), PRODUCTS, replace=False))
    names = known[drawn]
    demand, begin = _by_day(lines, names)
    terms = complete(names, _terms(lines, products.to_pandas(), names), POLICY)
    times = LeadTimes.stated(*LEAD)
    leads = times.days([None], np.random.default_rng(seed).random(demand.size))[0].reshape(demand.shape)

    def replay(first: int) -> Replay:
        opening = np.ceil(demand[:, first - BACK_DAYS : first].mean(axis=1) * (POLICY.review_days + LEAD[0]))
        span = slice(first, first + DAYS)
        return Replay(demand[:, span], leads[:, span], opening, 7 * WARM_UP)

    def average(first: int, factor: float) -> Orderer:
        lasts = POLICY.review_days + LEAD[0]
        return moving_average(lambda day: demand[:, first + day - BACK_DAYS : first + day], lasts, factor, terms)

    def normal(first: int, level: float) -> Orderer:
        return normal_ss(lambda day: demand[:, first + day - BACK_DAYS : first + day], LEAD, level, terms, POLICY)

    def sampled(share: float) -> Orderer:
        draws, policy = found.dependence.draws(HORIZON, seed), replace(POLICY, shortage_share=share)

        def latest(day: int) -> tuple[np.ndarray, int]:
            quantiles, elapsed = found.at(ORIGINS[0] + timedelta(days=day))
            return quantiles[drawn], elapsed

        return Sampled(latest, draws, 7, times, terms, policy)

    contest = Contest(replay, terms, POLICY, np.isfinite(terms.life).astype(np.int64))
    simple = {"moving_average": Floor(average, FACTORS), "normal": Floor(normal, LEVELS)}
    floors = contest.floors(simple, begin - DAYS, begin)
    told = result("completejourney", contest.ours(begin, sampled, SHARES), floors, seed)
    common, decay = found.dependence.common, found.dependence.decay
    note = f"completejourney: correlation of errors k weeks apart {common:.2f} + {1 - common:.2f} × {decay:.2f}^k"
    data = hashes(folder / "transactions.parquet", folder / "products.parquet")
    return replace(told, data=data, notes=[*told.notes, note])


def _regular(folder: Path) -> tuple[pd.DataFrame, ibis.Table]:
    """Lines of products that sell regularly before the first origin, and all products."""
    tables = grocer_tables(folder)
    lines, products = tables["order_lines"].to_pandas(), tables["products"]
    paid = pd.read_parquet(folder / "transactions.parquet", columns=["sales_value"])
    lines["paid"] = paid["sales_value"].to_numpy()
    about = products.to_pandas()
    unstocked = about["product_id"].to_numpy()[np.flatnonzero(about["department"].isin(NO_STOCK))].tolist()
    lines = lines.iloc[np.flatnonzero((lines["quantity"] > 0) & ~lines["product_id"].isin(unstocked))]
    first = pd.Timestamp(ORIGINS[0])
    before = lines[(lines["ordered_at"] < first) & (lines["ordered_at"] >= first - pd.Timedelta(weeks=OF_WEEKS))]
    weeks = ((first - before["ordered_at"]).dt.days // 7).groupby(before["product_id"]).nunique()
    regular = weeks.index[weeks >= REGULAR_WEEKS]
    return lines.iloc[np.flatnonzero(lines["product_id"].isin(regular))], products


def _lake_lines(lines: pd.DataFrame) -> ibis.Table:
    return ibis.memtable(lines.drop(columns="paid")).mutate(store_id=ibis.null("string"), total=ibis.null("float64"))


def _by_day(lines: pd.DataFrame, names: np.ndarray) -> tuple[np.ndarray, int]:
    """(products, days) units sold, and the column of the first origin."""
    days = lines["ordered_at"].dt.normalize()
    calendar = pd.date_range(days.min(), pd.Timestamp(ORIGINS[-1]) + pd.Timedelta(days=6))
    table = lines.assign(day=days).pivot_table(index="product_id", columns="day", values="quantity", aggfunc="sum")
    table = table.reindex(index=names, columns=calendar).fillna(0.0)
    return table.to_numpy(dtype=np.float64), int(calendar.get_loc(pd.Timestamp(ORIGINS[0])))  # pyright: ignore


def _terms(lines: pd.DataFrame, products: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """Prices as paid for a unit before the first origin, the rest as stated above."""
    before = lines.iloc[np.flatnonzero(lines["ordered_at"] < pd.Timestamp(ORIGINS[0]))]
    paid, units = (before.groupby("product_id")[name].sum().reindex(names).to_numpy() for name in ("paid", "quantity"))
    department = products.set_index("product_id")["department"].reindex(names)
    life = pd.Series([LIFE.get(str(each), np.nan) for each in department])
    return pd.DataFrame(
        {
            "product_id": names,
            "price": paid / units,
            "pack_size": np.where(life.isna(), PACK, 1),
            "shelf_life_days": life.to_numpy(),
        }
    )
