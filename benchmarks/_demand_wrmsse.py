"""Weighted root mean squared scaled error over the levels of a hierarchy, as in the M5 accuracy competition.

Per node the root of the mean squared error over the horizon, over the mean squared first difference of what was known
since its first sale; nodes weigh by what they sold, in money, in the last four weeks known; the mean over levels
(Makridakis, Spiliotis and Assimakopoulos, *The M5 accuracy competition: results, findings and conclusions*, 2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Hierarchy:
    """Series (rows) and the nodes they belong to: `nodes` has by level the number of each series' node, from 0 on.

    `known` and `outcome` are (series, periods) in units, `worth` is (series,) in money.
    """

    nodes: Mapping[str, np.ndarray]
    known: np.ndarray
    outcome: np.ndarray
    worth: np.ndarray

    def summed(self, values: np.ndarray, level: str) -> np.ndarray:
        """(nodes of the level, …): sums of the series' values."""
        of = self.nodes[level]
        found = np.zeros((int(of.max()) + 1, *values.shape[1:]))
        np.add.at(found, of, values)
        return found

    def bottom_up(self, forecast: np.ndarray) -> dict[str, np.ndarray]:
        """By level (nodes, horizon), from the series' forecasts (series, horizon)."""
        return {level: self.summed(forecast, level) for level in self.nodes}

    def wrmsse(self, forecasts: Mapping[str, np.ndarray]) -> dict[str, float]:
        """By level, of forecasts (nodes, horizon) by level. A node that never changed has no scale and no weight."""
        return {level: self._level(level, forecasts[level]) for level in self.nodes}

    def _level(self, level: str, forecast: np.ndarray) -> float:
        known, outcome, worth = (self.summed(each, level) for each in (self.known, self.outcome, self.worth))
        error = ((outcome - forecast) ** 2).mean(axis=1)
        scale = squared_change(known)
        weight = np.where(scale > 0, worth, 0.0)
        return float((np.sqrt(error / np.where(scale > 0, scale, 1.0)) * weight).sum() / weight.sum())


def squared_change(known: np.ndarray) -> np.ndarray:
    """(rows,) mean squared difference of neighbouring periods since the first that is not 0; 0 where there is none."""
    lived = np.maximum.accumulate(known != 0, axis=1)[:, :-1]
    return (np.diff(known, axis=1) ** 2 * lived).sum(axis=1) / np.maximum(lived.sum(axis=1), 1)
