"""The order of each series: from its targets to what can be bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.stock.needs import Holdings, Leads, Needs, needs
from training.stock.paths import Paths
from training.stock.targets import MOST_CYCLES, Economy, Targets, cost, targets
from training.stock.terms import Policy, Terms


@dataclass(frozen=True)
class Orders:
    """(series,) units to order, beside what they were decided from."""

    quantity: np.ndarray
    targets: Targets
    needed: Needs
    economy: Economy


def order(paths: Paths, holdings: Holdings, leads: Leads, terms: Terms, policy: Policy) -> Orders:
    """What to order now: up to the target where the position is below the reorder point, in what the supplier sells.

    Of the packs just below and just above the target the cheaper; nothing where the least order costs more than none.
    """
    cycles = MOST_CYCLES if policy.ordering_cost else 1
    needed = needs(paths, holdings, leads, terms.life, policy.review_days, cycles)
    economy = Economy.of(terms, policy)
    target = targets(needed, economy, policy.service_level)
    position = holdings.position
    wanted = np.where(position < target.reorder, np.maximum(target.upto - position, 0.0), 0.0)
    quantity = terms.rounded(wanted)
    if policy.service_level is None:
        quantity = _cheaper(quantity, position, needed, economy, target, terms)
    return Orders(quantity, target, needed, economy)


def _cheaper(
    above: np.ndarray, position: np.ndarray, needed: Needs, economy: Economy, target: Targets, terms: Terms
) -> np.ndarray:
    """The quantity above the target or the one a pack less, whichever costs less over the order's cycles."""
    below = np.where(above - terms.pack >= terms.least, np.maximum(above - terms.pack, 0.0), 0.0)
    best, least = above, np.full(len(above), np.inf)
    for quantity in (above, below):
        costs = np.zeros(len(above))
        for cycles in np.unique(target.cycles):
            rows = target.cycles == cycles
            costs[rows] = cost(position + quantity, needed, economy, int(cycles))[rows]
        best, least = np.where(costs < least, quantity, best), np.minimum(costs, least)
    return best
