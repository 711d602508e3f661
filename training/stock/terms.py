"""What a unit costs and earns, how it is bought, and by what rule the shop decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.contract import TrainingError

LEAST_MARGIN = 0.05
"""Share of its price that a sale is worth at least: who sells below cost still does not want to be out of stock."""
YEAR_DAYS = 365.0
COLUMNS = ("unit_cost", "price", "pack_size", "min_order", "shelf_life_days")


@dataclass(frozen=True)
class Policy:
    """The shop's rule.

    With a `service_level` stock lasts until the next order's arrival with that chance; without one the expected cost of
    holding, lost sales, ordering and waste is lowest.
    """

    currency: str | None = None
    """ISO 4217, for what is said."""
    review_days: int = 7
    """Days between two chances to order."""
    service_level: float | None = None
    holding_rate: float = 0.25
    """Cost of holding a unit for a year, as a share of its cost."""
    shortage_share: float = 1.0
    """Cost of a sale that is lost, as a share of its margin; above 1 where customers stay away."""
    ordering_cost: float = 0.0
    """Of each product and location ordered."""
    spoilage_share: float = 1.0
    """Share of its cost that a unit loses when its shelf life ends."""
    budget: float | None = None
    """Money for all orders of a run."""
    cost_share: float = 0.65
    """Cost over price, where only one of them is known."""
    elasticity: float = -2.0
    """Percent by which demand changes for a percent of price."""

    def __post_init__(self) -> None:
        """TrainingError for a rule that cannot be followed."""
        wrong = {
            "review_days must be at least 1": self.review_days < 1,
            "service_level must lie between 0 and 1": self.service_level is not None and not 0 < self.service_level < 1,
            "costs must not be negative": min(self.holding_rate, self.shortage_share, self.ordering_cost) < 0,
            "spoilage_share must lie between 0 and 1": not 0 <= self.spoilage_share <= 1,
            "cost_share must lie between 0 and 1": not 0 < self.cost_share < 1,
            "budget must not be negative": self.budget is not None and self.budget < 0,
            "elasticity must be below 0": self.elasticity >= 0,
        }
        if found := [said for said, is_wrong in wrong.items() if is_wrong]:
            raise TrainingError(f"stock policy: {'; '.join(found)}")


@dataclass(frozen=True)
class Terms:
    """(series,) each; money per unit. `priced` is False where neither cost nor price is known."""

    cost: np.ndarray
    price: np.ndarray
    pack: np.ndarray
    least: np.ndarray
    """Units of an order at least."""
    life: np.ndarray
    """Days a unit can be sold after it arrives; infinite for what lasts."""
    priced: np.ndarray

    @property
    def margin(self) -> np.ndarray:
        """What a sale is worth."""
        return np.maximum(self.price - self.cost, LEAST_MARGIN * self.price)

    def holding(self, policy: Policy) -> np.ndarray:
        """Cost of a unit held for a day."""
        return self.cost * policy.holding_rate / YEAR_DAYS

    def shortage(self, policy: Policy) -> np.ndarray:
        """Cost of a unit asked for and not there."""
        return self.margin * policy.shortage_share

    def waste(self, policy: Policy) -> np.ndarray:
        """Cost of a unit that spoils."""
        return self.cost * policy.spoilage_share

    def rounded(self, quantity: np.ndarray) -> np.ndarray:
        """The quantities that can be ordered, not below these: whole packs, the least order where there is one."""
        wanted = np.where(quantity > 0, np.maximum(quantity, self.least), 0.0)
        return np.maximum(np.ceil(wanted / self.pack - 1e-9), 0.0) * self.pack

    def at(self, rows: slice | np.ndarray) -> Terms:
        """Those of some of the series."""
        return Terms(*(getattr(self, name)[rows] for name in ("cost", "price", "pack", "least", "life", "priced")))


def complete(products: pd.Series | np.ndarray, terms: pd.DataFrame, policy: Policy) -> Terms:
    """The terms of each product in turn, with what is unknown filled in.

    `terms` has a row per product: `product_id` and any of `COLUMNS`, each of which may be missing: cost and price tell
    one another by the policy's `cost_share`, packs hold one unit, any order is large enough, goods last. TrainingError
    for numbers that cannot be.
    """
    known = terms.reindex(columns=["product_id", *COLUMNS])
    if known["product_id"].duplicated().any():
        raise TrainingError("stock terms: a product has several rows; give one per product")
    values = {name: known[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in COLUMNS}
    wrong = [
        name for name in COLUMNS if np.any(values[name] < 0) or (name != "min_order" and np.any(values[name] == 0))
    ]
    if wrong:
        raise TrainingError(f"stock terms: {', '.join(wrong)} must be above 0 or empty; correct the products' terms")
    numbers = pd.DataFrame(values, index=pd.Index(known["product_id"].astype(str)))
    cost, price, pack, least, life = numbers.reindex([str(p) for p in products]).to_numpy(dtype=np.float64).T
    priced = np.isfinite(cost) | np.isfinite(price)
    price = np.where(np.isfinite(price), price, np.where(priced, cost / policy.cost_share, 1.0))
    cost = np.where(np.isfinite(cost), cost, price * policy.cost_share)
    pack, least = np.where(np.isfinite(pack), pack, 1.0), np.nan_to_num(least)
    return Terms(cost, price, pack, least, np.where(np.isfinite(life), life, np.inf), priced)
