"""One simulated campaign: a random day, a stratified allocation as in a real one, and a response that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks._measurement_shop import ACTIVE_DAYS, Shop
from campaigns.allocate.lots import draw, totals
from campaigns.allocate.strata import strata
from campaigns.measure.effects import Customers
from commerce.campaigns.campaign import HOLDOUT
from commerce.campaigns.result import Metric

HISTORY_DAYS = 84
_STRATUM = 10
"""Customers of the smallest arm in a stratum, as `campaigns.allocate` wants."""


@dataclass(frozen=True)
class Design:
    """`shares`: arm → share of the audience; `response`: arm → how its letter's response compares to the first's."""

    name: str
    shares: Mapping[str, float]
    response: Mapping[str, float]
    window: int
    looks: int
    audience: float | int
    """Share of the active households, or their number."""
    buying: float = 1.0
    """Share of the households whose orders in the window are kept: below 1, a shop whose customers order rarely."""


@dataclass(frozen=True)
class Simulated:
    """`outcomes`: metric → (n, looks); `truth`: metric → (looks,) true mean effect of being allocated a letter."""

    customers: Customers
    outcomes: dict[Metric, np.ndarray]
    truth: dict[Metric, np.ndarray]
    shares: np.ndarray


def simulate(shop: Shop, design: Design, response: float, rng: np.random.Generator) -> Simulated:
    """A campaign whose letter makes a share `response` of its customers place one more order in the window.

    The extra order's day is uniform over the window and its amount is that of a random order of the year. Everybody's
    answer to each letter is drawn, so that the truth is known: the mean over the whole audience.
    """
    start = int(rng.integers(ACTIVE_DAYS, shop.days - design.window))
    rows = _audience(shop, design, start, rng)
    ends = [start + round(design.window * (look + 1) / design.looks) for look in range(design.looks)]
    before: dict[Metric, np.ndarray] = shop.outcomes(rows, start, ends)
    if design.buying < 1:
        kept = (rng.random(len(rows)) < design.buying)[:, None]
        before = {metric: values * kept for metric, values in before.items()}
    stratum = _strata(shop, design, rows, start)
    arm = _allocated(shop, design, rows, stratum, rng)
    day = start + rng.integers(0, design.window, len(rows))
    amount, inclined = rng.choice(shop.amounts, len(rows)), rng.random(len(rows))
    outcomes: dict[Metric, np.ndarray] = {metric: values.copy() for metric, values in before.items()}
    truth: dict[Metric, np.ndarray] = {metric: np.zeros(design.looks) for metric in before}
    letters = 1 - design.shares[HOLDOUT]
    for name, times in design.response.items():
        extra = (inclined < response * times)[:, None] & (day[:, None] < np.array(ends))
        after: dict[Metric, np.ndarray] = {
            "conversion": np.maximum(before["conversion"], extra),
            "revenue": before["revenue"] + extra * amount[:, None],
        }
        for metric, values in after.items():
            truth[metric] += design.shares[name] / letters * (values - before[metric]).mean(axis=0)
            outcomes[metric][arm == name] = values[arm == name]
    shares = (np.array(ends) - start) / design.window
    known = shop.covariates(rows, start, design.window)
    return Simulated(Customers(arm, stratum, known), outcomes, truth, shares)


def _audience(shop: Shop, design: Design, start: int, rng: np.random.Generator) -> np.ndarray:
    active = np.flatnonzero(shop.orders[:, start] > shop.orders[:, start - ACTIVE_DAYS])
    wanted = design.audience if isinstance(design.audience, int) else round(design.audience * len(active))
    return np.sort(rng.choice(active, min(wanted, len(active)), replace=False))


def _strata(shop: Shop, design: Design, rows: np.ndarray, start: int) -> np.ndarray:
    """By days since the last order, which stands for a score, and by spending: as the allocation does."""
    ordered = np.diff(shop.orders[rows, : start + 1], axis=1)[:, ::-1] > 0
    recency = np.argmax(ordered, axis=1).astype(float)
    spend = shop.between(shop.spend, rows, start - HISTORY_DAYS, start)
    return strata(recency, spend, int(np.ceil(_STRATUM / min(design.shares.values()))))


def _allocated(
    shop: Shop, design: Design, rows: np.ndarray, stratum: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    wanted = totals(len(rows), design.shares)
    drawn = draw(shop.households[rows].tolist(), stratum, wanted, seed=int(rng.integers(2**62)))
    return np.array(list(wanted), dtype=object)[drawn]
