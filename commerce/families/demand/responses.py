"""How demand answers to promotions and prices: what the model said of a few plans, read between them on the line.

A forecast holds, for each location, the logarithm of demand under a promotion over demand without any, on a grid of
`Drivers`. A what-if is then a look-up, and the difference of two plans is the difference of two logarithms. The price's
part is a constant elasticity: a price higher by 1 % changes demand by so many per cent (the SCAN*PRO form: Wittink,
Addona, Hawkes and Porter, 1988).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
PRICE_RATIOS = (0.5, 2.0)
"""Prices over the usual one between which an elasticity is taken to hold; beyond, that of the nearer one is said."""


class Drivers(BaseModel):
    """What the model's grid was asked for: values of each kind of promotion, the first 0, the last the most it met.

    One value alone, 0, says that the model knows nothing of that kind.
    """

    model_config = ConfigDict(defer_build=True)

    display: list[Share] = Field(default=[0.0], description="share of days and stores with a display")
    mailer: list[Share] = Field(default=[0.0], description="share of days and stores in a mailer")
    discount: list[Share] = Field(default=[0.0], description="share taken off the price")
    elasticity: float | None = Field(
        default=None, le=0, description="per cent of demand for each per cent of price; null where prices never moved"
    )
    price: float | None = Field(
        default=None, gt=0, description="what a unit cost lately, in the shop's currency; null where unknown"
    )

    @property
    def axes(self) -> tuple[list[float], ...]:
        """The grid's values: display, mailer, discount."""
        return self.display, self.mailer, self.discount

    def knows(self, kind: str) -> bool:
        """Whether the model tells demand under promotions of that kind from other demand."""
        return len(getattr(self, kind)) > 1

    def promoted(self, ratios: Sequence[float], display: float, mailer: float, discount: float) -> float:
        """Logarithm of demand under the promotion over demand without; `ratios` are one location's."""
        return interpolated(self.axes, ratios, (display, mailer, discount)) if ratios else 0.0

    def priced(self, ratio: float) -> float:
        """Logarithm of demand at `ratio` times the usual price over demand at that price; 0 where nothing is known."""
        low, high = PRICE_RATIOS
        return (self.elasticity or 0.0) * math.log(min(max(ratio, low), high))


def interpolated(axes: Sequence[Sequence[float]], values: Sequence[float], point: Sequence[float]) -> float:
    """Between the grid's points on the line, along each axis; outside, the nearest point's value.

    `values` run over the last axis first (row-major).
    """
    if not axes:
        return values[0]
    axis, rest = axes[0], axes[1:]
    size = len(values) // len(axis)
    upper = min(bisect_right(axis, point[0]), len(axis) - 1)
    lower = max(upper - 1, 0)
    low, high = (
        interpolated(rest, values[size * k : size * (k + 1)], point[1:]) for k in (lower, upper)
    )  # a single point is its own neighbour
    width = axis[upper] - axis[lower]
    weight = min(max((point[0] - axis[lower]) / width, 0.0), 1.0) if width else 0.0
    return low + (high - low) * weight
