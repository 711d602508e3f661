"""Exponentially weighted means over all periods since the first sale, of which only those with a sale are rows.

A period of age a weighs 2^(−a / half-life). The weights of all periods have a closed sum, and periods without a sale
add nothing to the numerator: the mean over a dense history costs one pass over the sparse one.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import math

import ibis
from ibis import _

SPEEDS = {
    "week": {"fast": 2.0, "middle": 6.0, "slow": 16.0, "year": 52.0},
    "day": {"fast": 4.0, "middle": 14.0, "slow": 42.0, "year": 182.0},
}
"""Half-lives in periods, by frequency and name."""
LEAST_KNOWN = 0.1
"""Share of the weights that counts at least, however long a product was out of stock."""


def weight(half_life: float, age: ibis.Value = _.age) -> ibis.Value:
    """The weight of a period of that age."""
    # Of a whole age DuckDB would make a decimal of 38 digits of the product, an order of magnitude slower.
    return (age.cast("float64") * (-math.log(2) / half_life)).exp()


def total(half_life: float, count: ibis.Value) -> ibis.Value:
    """Sum of the weights of the ages from 0 to count − 1."""
    return (1 - weight(half_life, count)) / (1 - 2 ** (-1 / half_life))


def mean(weighted: ibis.Value, weights: ibis.Value, lost: ibis.Value | float = 0.0) -> ibis.Value:
    """A weighted sum over the weights that are evidence: those of all periods but the `lost`."""
    return weighted / ibis.greatest(weights - lost, weights * LEAST_KNOWN)
