"""What a product's price does to its demand: sums over its own past from which an elasticity is told.

The log-log form with promotions beside the price (SCAN*PRO: Wittink, Addona, Hawkes and Porter, 1988). Within a series,
so that dear and cheap products teach the same; demand as a share of how much sells at all, so that a season is no
effect of the price. The engine sums; `elasticities` solves for all products at once, each drawn towards the shop's.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from ibis import _

from commerce.model import FeatureField
from training.demand.origins import ORIGIN, Origins
from training.demand.prices import LATELY_DAYS, PRODUCT, USUAL_DAYS
from training.demand.sales import SERIES

PAID = "price"
_CROSSED = ("price_price", "price_promoted", "promoted_promoted", "price_demand", "promoted_demand")
FIELDS: tuple[FeatureField, ...] = (
    FeatureField(name=PAID, type="float64", doc="paid per unit lately, or over the year, in the shop's currency"),
    *(
        FeatureField(name=f"moved_{name}", type="float64", doc="sum of products of deviations from a series' own mean")
        for name in _CROSSED
    ),
)
"""Of the rows to score: no feature of the model, what its answers are told with."""
LEAST_SOLD = 0.5
"""Share of its periods in which a series has to sell: what sells in few only shows its price when it sells."""
LEAST_MOVED = 0.5
"""Sum of squared deviations of log prices over the whole shop, below which nothing is said: 50 periods 10 % away."""
PRIOR_MOVED = 1.0
"""Likewise of the shop's elasticity against a product's own."""


def moves(sales: ibis.Table, promoted: ibis.Table, origins: Origins) -> ibis.Table:
    """(*PRODUCT, *FIELDS) from what was sold and paid (`sales.sold`) and promoted (`promotions.promoted`)."""
    lately, usual = LATELY_DAYS // origins.days, USUAL_DAYS // origins.days
    known = sales.filter(_.age < usual, _.quantity > 0, _.paid > 0)
    traffic = known.group_by(ORIGIN, "age").aggregate(traffic=_.count().cast("float64").ln())
    how = promoted.select(*SERIES, "age", promoted=_.share)
    seen = known.inner_join(traffic, [ORIGIN, "age"]).left_join(how, [*SERIES, "age"])
    told = seen.select(
        *SERIES,
        "age",
        "paid",
        "quantity",
        price=(_.paid / _.quantity).ln(),
        demand=_.quantity.ln() - _.traffic,
        promoted=_.promoted.fill_null(0.0),
    )
    pairs = {name: name.split("_") for name in _CROSSED}
    within = told.group_by(*SERIES).aggregate(
        count=_.count().cast("float64"),
        span=(_.age.max() - _.age.min() + 1).cast("float64"),
        paid=_.paid.sum(),
        quantity=_.quantity.sum(),
        paid_lately=_.paid.sum(where=_.age < lately),
        sold_lately=_.quantity.sum(where=_.age < lately),
        **{f"sum_{name}": _[name].sum() for name in ("price", "promoted", "demand")},
        **{f"cross_{name}": (_[one] * _[other]).sum() for name, (one, other) in pairs.items()},
    )
    regular = within["count"] >= within["span"] * LEAST_SOLD
    deviations = {
        f"moved_{name}": (within[f"cross_{name}"] - within[f"sum_{one}"] * within[f"sum_{other}"] / within["count"])
        for name, (one, other) in pairs.items()
    }
    return (
        within.mutate(**{name: ibis.ifelse(regular, value, 0.0) for name, value in deviations.items()})
        .group_by(*PRODUCT)
        .aggregate(
            price=ibis.coalesce(_.paid_lately.sum() / _.sold_lately.sum().nullif(0.0), _.paid.sum() / _.quantity.sum()),
            **{name: _[name].sum() for name in deviations},
        )
    )


def prices(products: pd.DataFrame) -> np.ndarray:
    """(rows,) what a unit costs; NaN where that is unknown."""
    return _column(products, PAID)


def elasticities(products: pd.DataFrame) -> np.ndarray | None:
    """(rows,) elasticity of the demand of each product, a row each, not above 0.

    None where the shop's prices never moved enough. The shop's: least squares on price and promotion over all products.
    A product's: what its own sums say, the promotion's part taken off, and the shop's as if seen over `PRIOR_MOVED`.
    """
    own = {name: np.nan_to_num(_column(products, f"moved_{name}")) for name in _CROSSED}
    whole = {name: float(values.sum()) for name, values in own.items()}
    if whole["price_price"] < LEAST_MOVED:
        return None
    crossed = [
        [whole["price_price"], whole["price_promoted"]],
        [whole["price_promoted"], whole["promoted_promoted"]],
    ]
    moved = [whole["price_demand"], whole["promoted_demand"]]
    shop, promotion = np.linalg.lstsq(np.array(crossed), np.array(moved), rcond=None)[0]
    demand = own["price_demand"] - promotion * own["price_promoted"]
    return np.minimum((demand + PRIOR_MOVED * min(shop, 0.0)) / (own["price_price"] + PRIOR_MOVED), 0.0)


def _column(products: pd.DataFrame, name: str) -> np.ndarray:
    """The column, unknown where the frame is one to learn from, which lacks it."""
    if name not in products:
        return np.full(len(products), np.nan)
    return products[name].to_numpy(dtype=np.float64)
