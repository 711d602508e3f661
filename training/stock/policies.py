"""Policies for the simulator: ours, from forecasts, and the simple ones that it has to beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from training.stock.dependence import Draws
from training.stock.leadtimes import LeadTimes
from training.stock.needs import Holdings, Leads
from training.stock.ordering import order
from training.stock.paths import sample
from training.stock.simulator import Orderer, Shelf
from training.stock.terms import Policy, Terms

Forecasts = Callable[[int], tuple[np.ndarray, int]]
"""Day → quantiles (series, steps, levels) of the latest forecast then, and the days since its first period began."""
Window = Callable[[int], np.ndarray]
"""Day → (series, days) demand of those days before it that a simple policy looks at."""


@dataclass(frozen=True)
class Sampled:
    """Ours: `ordering.order` on paths sampled from the latest forecast, periods of `days` days."""

    forecasts: Forecasts
    draws: Draws
    days: int
    lead_times: LeadTimes
    terms: Terms
    policy: Policy

    def __call__(self, shelf: Shelf) -> np.ndarray:
        """(series,) units to order."""
        quantiles, elapsed = self.forecasts(shelf.day)
        holdings = Holdings(shelf.on_hand, shelf.on_order, np.full(len(shelf.on_hand), np.nan))
        nobody = [None] * len(shelf.on_hand)
        now, later = (self.lead_times.days(nobody, draw) for draw in (self.draws.lead, self.draws.later_lead))
        leads = Leads.of(now, later, self.draws.residual, holdings)
        paths = sample(quantiles, self.draws.demand, self.days, elapsed)
        return order(paths, holdings, leads, self.terms, self.policy).quantity


def moving_average(window: Window, lasts: float, factor: float, terms: Terms) -> Orderer:
    """Orders up to `factor` times what the window's mean day sells in the `lasts` days until a later order arrives."""

    def ordered(shelf: Shelf) -> np.ndarray:
        upto = factor * window(shelf.day).mean(axis=1) * lasts
        return terms.rounded(np.maximum(upto - shelf.on_hand - shelf.on_order, 0.0))

    return ordered


def normal_levels(
    mean: np.ndarray,
    variance: np.ndarray,
    lead: tuple[float, float],
    level: np.ndarray | float,
    terms: Terms,
    policy: Policy,
) -> tuple[np.ndarray, np.ndarray]:
    """(series,) s and S on the normal approximation, of a day's demand, units; `lead` is mean and spread in days.

    s covers lead time and review with the chance `level`; S lies one economic order quantity above it (Silver, Pyke and
    Thomas, *Inventory and production management in supply chains*, 2017).
    """
    lasts = lead[0] + policy.review_days
    s = mean * lasts + norm.ppf(level) * np.sqrt(variance * lasts + (mean * lead[1]) ** 2)
    return s, s + np.sqrt(2 * mean * policy.ordering_cost / np.maximum(terms.holding(policy), 1e-9))


def normal_ss(window: Window, lead: tuple[float, float], level: float, terms: Terms, policy: Policy) -> Orderer:
    """(s, S) of `normal_levels`, reviewed every `review_days`.

    Of goods that spoil no more is ordered than is expected to sell in their shelf life.
    """

    def ordered(shelf: Shelf) -> np.ndarray:
        days = window(shelf.day)
        mean, variance = days.mean(axis=1), days.var(axis=1, ddof=1)
        s, highest = normal_levels(mean, variance, lead, level, terms, policy)
        position = shelf.on_hand + shelf.on_order
        sells = np.where(np.isfinite(terms.life), mean * (lead[0] + np.nan_to_num(terms.life, posinf=0.0)), np.inf)
        upto = np.minimum(highest, np.maximum(sells, s))
        return np.where(position < s, terms.rounded(np.maximum(upto - position, 0.0)), 0.0)

    return ordered
