"""How expected demand answers to promotions: the model itself, asked for a grid of plans, made not to fall.

More of a promotion never lowers the demand that is told of it: along each axis the grid is the mean of its running
maximum and, from the other end, its running minimum, which leaves what rises already as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import lightgbm
import numpy as np
import pandas as pd

from commerce.families.demand.responses import Drivers
from training.contract import ENTITY
from training.demand import elasticity
from training.demand.features import LOCATION, STEP

AXES = ("display", "mailer", "discount")
FEATURES = {"display": "displayed", "mailer": "mailed", "discount": "discount"}
"""The feature that an axis sets."""
PARTS = (0.0, 0.25, 0.5, 1.0)
"""Of the most that was met in learning: the values of an axis. Closer at first, where demand changes most."""
DECIMALS = 3
_LEAST = 1e-9
"""Units: what is expected to sell nothing responds to nothing."""


@dataclass(frozen=True)
class Responses:
    """Of every product and location of a frame: what a what-if is answered from.

    `ratios` is by product and location, see `LocationForecast`; `elasticity` and `price` by product, where known.
    """

    axes: Drivers
    ratios: Mapping[tuple[str, str], list[float]]
    elasticity: Mapping[str, float]
    price: Mapping[str, float]

    @staticmethod
    def of(rows: pd.DataFrame, trees: lightgbm.Booster, mean: Callable[[pd.DataFrame], np.ndarray]) -> Responses:
        """As the fitted `trees` have it, and their `mean` (rows) → (rows,) units."""
        axes = learned(trees)
        products = rows.drop_duplicates(ENTITY)
        names, price = products[ENTITY].astype(str), elasticity.prices(products)
        told = elasticity.elasticities(products)
        return Responses(
            axes,
            grid(rows, axes, _most(trees, "promoted"), mean),
            {} if told is None else dict(zip(names, np.round(told, DECIMALS).tolist(), strict=True)),
            {name: round(value, DECIMALS) for name, value in zip(names, price.tolist(), strict=True) if value > 0},
        )

    def drivers(self, product: str) -> Drivers:
        """Of one product."""
        return self.axes.model_copy(
            update={"elasticity": self.elasticity.get(product), "price": self.price.get(product)}
        )


def learned(trees: lightgbm.Booster) -> Drivers:
    """The axes of what these trees tell demand apart by, up to the most that they were taught with."""
    told = dict(zip(trees.feature_name(), trees.feature_importance("split"), strict=True))
    most = {name: _most(trees, feature) for name, feature in FEATURES.items() if told.get(feature)}
    axes = {name: [round(part * value, DECIMALS) for part in PARTS] for name, value in most.items()}
    return Drivers().model_copy(update=axes)


def grid(
    rows: pd.DataFrame, axes: Drivers, promoted: float, mean: Callable[[pd.DataFrame], np.ndarray]
) -> dict[tuple[str, str], list[float]]:
    """(product, location) → logarithm of `mean` demand at each point of the axes over that without a promotion.

    Of the middle step of each series in `rows`. `promoted` is the share that a discount alone is promoted. Empty where
    no axis has a second value.
    """
    points = list(product(*axes.axes))
    middle = rows.loc[rows[STEP] == (rows[STEP].max() + 1) // 2]
    if len(points) == 1 or middle.empty:
        return {}
    found = np.column_stack([mean(_under(middle, point, promoted)) for point in points])
    logs = np.log(np.maximum(found, _LEAST) / np.maximum(found[:, :1], _LEAST))
    shape = (len(middle), *(len(axis) for axis in axes.axes))
    told = np.round(rising(logs.reshape(shape)).reshape(len(middle), -1), DECIMALS) + 0.0
    series = zip(middle[ENTITY].astype(str), middle[LOCATION].astype(str), strict=True)
    return dict(zip(series, told.tolist(), strict=True))


def rising(values: np.ndarray) -> np.ndarray:
    """(rows, *axes) not falling along any axis but the first, 0 at the first point of each row."""
    for axis in range(1, values.ndim):
        highest = np.maximum.accumulate(values, axis=axis)
        lowest = np.flip(np.minimum.accumulate(np.flip(values, axis), axis=axis), axis)
        values = (highest + lowest) / 2
    return values - values.reshape(len(values), -1)[:, :1].reshape(len(values), *[1] * (values.ndim - 1))


def _under(rows: pd.DataFrame, point: tuple[float, ...], promoted: float) -> pd.DataFrame:
    """The rows under the promotion at that point of the axes."""
    display, mailer, discount = point
    share = max(display, mailer, promoted if discount > 0 else 0.0)
    return rows.assign(promoted=share, **{FEATURES[name]: value for name, value in zip(AXES, point, strict=True)})


def _most(trees: lightgbm.Booster, feature: str) -> float:
    """The largest value of the feature that the trees were taught with."""
    met = trees.dump_model(num_iteration=1)["feature_infos"].get(feature)
    return float(met["max_value"]) if met else 0.0
