"""What decisions of the past would have cost, by replaying them against what was sold, and simple ones to beat.

A decision is a reorder point and an order-up-to position per product and location, made at the hold-out's date and
followed to the end of its horizon. Every policy begins with the same stock, and an order takes the same days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from commerce.families.stock.parameters import StockParameters
from training.contract import ENTITY, LABEL
from training.stock.features import LOCATION, STEP
from training.stock.policies import normal_levels
from training.stock.simulator import Orderer, Replay, Shelf, simulate
from training.stock.terms import Policy, Terms, complete

SUMS = ("cost", "lost", "held", "orders", "wasted")
"""(series, sums) that a contender is judged by; the outcome is `WORTH`."""
WORTH = ("demand", "worth", "days")
MOST_LEVEL = 0.999


@dataclass(frozen=True)
class Case:
    """The series of a hold-out, in order of their first rows."""

    rows: np.ndarray
    """(rows,) number of the series of each row."""
    first: pd.DataFrame
    """The first row of each series."""
    replay: Replay
    terms: Terms

    @staticmethod
    def of(holdout: pd.DataFrame, policy: Policy) -> Case:
        """What was sold in each period is spread evenly over its days."""
        ordered = holdout[STEP].to_numpy(dtype=np.int64)
        keys = pd.MultiIndex.from_arrays([holdout[ENTITY], holdout[LOCATION]])
        rows, series = pd.factorize(keys)
        days = int(holdout["days"].iloc[0])
        sold = np.zeros((len(series), ordered.max()))
        sold[rows, ordered - 1] = holdout[LABEL].to_numpy(dtype=np.float64)
        demand = np.repeat(sold / days, days, axis=1)
        first = holdout.iloc[np.unique(rows, return_index=True)[1]]
        leads = np.repeat(first["lead_days"].to_numpy(dtype=np.float64)[:, None], demand.shape[1], axis=1)
        replay = Replay(demand, leads, first["on_hand"].to_numpy(dtype=np.float64), 0)
        products = first[ENTITY].to_numpy()
        known = first.drop_duplicates(ENTITY).rename(columns={ENTITY: "product_id"})
        return Case(rows, first, replay, complete(products, known, policy))

    def cost(self, levels: np.ndarray, policy: Policy) -> np.ndarray:
        """(series, `SUMS`) of following `levels` (series, 2): reorder point and order-up-to position."""
        found = simulate(self.replay, self.terms, policy.review_days, following(levels, self.terms))
        lost = found.demand - found.sold
        return np.column_stack([found.cost(self.terms, policy), lost, found.held, found.orders, found.wasted])

    def worth(self) -> np.ndarray:
        """(series, `WORTH`): units asked for, what they are sold for, and days."""
        units = self.replay.demand.sum(axis=1)
        return np.column_stack([units, units * self.terms.price, np.full(len(units), self.replay.demand.shape[1])])


def following(levels: np.ndarray, terms: Terms) -> Orderer:
    """Orders up to the second level whenever the position is below the first."""

    def ordered(shelf: Shelf) -> np.ndarray:
        position = shelf.on_hand + shelf.on_order
        wanted = np.where(position < levels[:, 0], np.maximum(levels[:, 1] - position, 0.0), 0.0)
        return terms.rounded(wanted)

    return ordered


def judged(
    holdout: pd.DataFrame, predictions: Mapping[str, np.ndarray], policy: Policy
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(worth, sums by contender), a row per series."""
    case = Case.of(holdout, policy)
    first = np.unique(case.rows, return_index=True)[1]
    return case.worth(), {name: case.cost(levels[first], policy) for name, levels in predictions.items()}


def measure(worth: np.ndarray, sums: np.ndarray) -> dict[str, float]:
    """`cost` per money that demand was worth; `fill_rate`, share of units that found stock; `stock_days`, `waste`."""
    demand, money, days = worth.sum(axis=0)
    if demand <= 0 or money <= 0:
        return {"cost": 0.0, "fill_rate": 1.0, "stock_days": 0.0, "waste": 0.0}
    cost, lost, held, _, wasted = sums.sum(axis=0)
    daily = demand / (days / len(worth))
    return {
        "cost": float(cost / money),
        "fill_rate": float(1 - lost / demand),
        "stock_days": float(held / (days / len(worth)) / daily),
        "waste": float(wasted / demand),
    }


def floors(holdout: pd.DataFrame, parameters: StockParameters, policy: Policy) -> dict[str, np.ndarray]:
    """Levels (rows, 2) of the policies that have to be beaten, from the mean and spread of demand lately.

    `moving_average` orders up to what is sold until an order of the next review arrives, with the safety stock of a
    Poisson count; `normal` is (s, S) of `policies.normal_levels`. Both aim at the shop's service level, or at the
    critical ratio of its costs.
    """
    case = Case.of(holdout, policy)
    daily = np.bincount(case.rows, holdout["mean"] / holdout["days"]) / np.bincount(case.rows)
    days = case.first["days"].to_numpy(dtype=np.float64)
    variance = case.first["spread"].to_numpy(dtype=np.float64) ** 2 / days
    lead = float(case.replay.leads.mean()), float(case.replay.leads.std())
    level, lasts = _level(case.terms, parameters, policy), lead[0] + policy.review_days
    poisson = daily * lasts + norm.ppf(level) * np.sqrt(daily * lasts)
    levels = {
        "moving_average": (poisson, poisson),
        "normal": normal_levels(daily, variance, lead, level, case.terms, policy),
    }
    return {name: np.maximum(np.column_stack(found), 0.0)[case.rows] for name, found in levels.items()}


def _level(terms: Terms, parameters: StockParameters, policy: Policy) -> np.ndarray:
    """(series,) chance with which stock should last until the next review's order."""
    if parameters.service_level is not None:
        return np.full(len(terms.cost), parameters.service_level)
    shortage, holding = terms.shortage(policy), terms.holding(policy) * policy.review_days
    return np.clip(shortage / np.maximum(shortage + holding, 1e-12), 0.5, MOST_LEVEL)
