"""Made-up forecasts, stock and terms, small and known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.stats import norm, poisson

from commerce.families.demand.answer import LEVELS
from training.stock.dependence import Dependence
from training.stock.needs import Holdings, Leads
from training.stock.paths import Paths, sample
from training.stock.series import QUANTILES

MONDAY = date(2026, 3, 2)
PATHS = 256


def normal(mean: float, spread: float, series: int = 1, steps: int = 4) -> np.ndarray:
    """(series, steps, levels) quantiles of a normal distribution."""
    return np.broadcast_to(norm.ppf(LEVELS, mean, spread), (series, steps, len(LEVELS))).copy()


def paths(quantiles: np.ndarray, days: float = 7, elapsed: float = 0.0, dependence: Dependence | None = None) -> Paths:
    """Sampled with seed 0."""
    return sample(quantiles, (dependence or Dependence()).draws(quantiles.shape[1], 0).demand, days, elapsed)


def holdings(on_hand: list[float], on_order: list[float] | None = None, due: list[float] | None = None) -> Holdings:
    """Stock of some series."""
    nothing, unknown = [0.0] * len(on_hand), [np.nan] * len(on_hand)
    return Holdings(np.array(on_hand), np.array(on_order or nothing), np.array(due or unknown))


def leads(days: float, stock: Holdings) -> Leads:
    """Every order takes so many days."""
    every = np.full((len(stock.on_hand), PATHS), days)
    return Leads.of(every, every, np.full(PATHS, 0.5), stock)


def forecasts(means: dict[tuple[str, str], float], weeks: int = 6) -> pd.DataFrame:
    """Poisson demand of so many units a week by product and location."""
    rows = [
        {
            "product_id": product,
            "location_id": place,
            "step": step,
            "starts_on": MONDAY + timedelta(days=7 * (step - 1)),
        }
        | {"mean": mean}
        | dict(zip(QUANTILES, poisson.ppf(LEVELS, mean), strict=True))
        for (product, place), mean in means.items()
        for step in range(1, weeks + 1)
    ]
    return pd.DataFrame(rows)


def state(on_hand: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Counts by product and location, nothing on order."""
    return pd.DataFrame(
        [{"product_id": p, "location_id": at, "on_hand": units, "on_order": 0.0} for (p, at), units in on_hand.items()]
    )
