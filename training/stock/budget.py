"""Which orders a budget is best spent on."""

from __future__ import annotations

import heapq

import numpy as np

_EQUAL = 1e-9
"""Money per unit that is rounding: two increments of the same worth are not bought as one."""


def allocate(units: np.ndarray, benefit: np.ndarray, unit_cost: np.ndarray, budget: float) -> np.ndarray:
    """(series,) units to buy: of each series one of `units` (series, sizes), rising, or none, for at most `budget`.

    `benefit` (series, sizes) is what each size is worth against none. Increments are bought by benefit per money, in
    each series those first that the concave hull of its benefits wants first. Up to the first that is beyond the budget
    nothing else for the same money is worth more (Dantzig's bound for the knapsack problem); what is left goes to the
    next ones that fit.
    """
    bought = np.zeros(len(units))
    queue: list[tuple[float, int, int]] = []
    hulls = [_hull(u, b) for u, b in zip(units, benefit, strict=True)]
    for row, hull in enumerate(hulls):
        _push(queue, row, 0, hull, unit_cost[row])
    left = budget
    while queue:
        _, row, step = heapq.heappop(queue)
        size = hulls[row][step][0]
        price = (size - bought[row]) * unit_cost[row]
        if price <= left:
            left -= price
            bought[row] = size
            _push(queue, row, step + 1, hulls[row], unit_cost[row])
    return bought


def _push(
    queue: list[tuple[float, int, int]], row: int, step: int, hull: list[tuple[float, float]], cost: float
) -> None:
    if step < len(hull):
        before = hull[step - 1] if step else (0.0, 0.0)
        gain, size = hull[step][1] - before[1], hull[step][0] - before[0]
        if gain > 0:
            heapq.heappush(queue, (-gain / (size * cost), row, step))


def _hull(units: np.ndarray, benefit: np.ndarray) -> list[tuple[float, float]]:
    """The sizes on the upper concave hull of (0, 0) and the points, by size; those on a line are all kept."""
    hull = [(0.0, 0.0)]
    for size, worth in sorted(zip(units.tolist(), benefit.tolist(), strict=True)):
        if size <= hull[-1][0]:
            continue
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) < _slope(hull[-1], (size, worth)) - _EQUAL:
            hull.pop()
        hull.append((size, worth))
    return hull[1:]


def _slope(before: tuple[float, float], after: tuple[float, float]) -> float:
    return (after[1] - before[1]) / (after[0] - before[0])
