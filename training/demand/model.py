"""The fitted demand model: expected demand per row and its quantiles, as forecasts per product and node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from commerce.families.demand import DemandForecast
from commerce.families.demand.answer import LEVELS
from commerce.families.demand.parameters import DemandParameters
from training.contract import ENTITY, Model, Saved
from training.demand import coherence, nodes
from training.demand.answers import forecast
from training.demand.design import check, design, levels, spread_design
from training.demand.distribution import Distribution
from training.demand.features import FIELDS
from training.demand.mean import Mean
from training.demand.responses import Responses

PART_ROWS = 100_000
"""Rows predicted at once, which bounds the memory of their design matrix."""
NODES = "nodes"
"""Folder of the model of nodes within that of series."""


@dataclass(frozen=True)
class DemandModel(Model):
    """Of series, and with `nodes` of what stands above them. `metrics` are of predictions out of fold."""

    parameters: DemandParameters
    mean: Mean
    distribution: Distribution
    metrics: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    nodes: DemandModel | None = None

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """(rows, 1 + levels) units: expected demand, then its quantiles, rising and not below 0.

        Where the frame has all of a shop, its means are coherent, see `coherence`.
        """
        check(frame)
        series, means = nodes.series(frame), np.zeros(len(frame))
        for model, part in self._parts(series):
            means[part] = model._mean(frame.iloc[part])
        quantiles = self._quantiles(frame, means, series)
        if (sums := coherence.summing(frame)) is not None:
            means = coherence.reconciled(means, coherence.variances(means, quantiles), series, sums)
            quantiles = self._quantiles(frame, means, series)
        return np.column_stack([means, quantiles])

    def answers(self, frame: pd.DataFrame) -> Sequence[DemandForecast]:
        """One forecast per row: of its one location and period."""
        predicted, responses = self.predict(frame), self._responses(frame)
        return [
            forecast(frame.iloc[i : i + 1], predicted[i : i + 1], self.parameters, responses) for i in range(len(frame))
        ]

    def published(self, frame: pd.DataFrame) -> Iterator[tuple[str, DemandForecast]]:
        """One forecast per product or node, with all its locations and periods."""
        predicted, products = self.predict(frame), frame[ENTITY].to_numpy()
        responses = self._responses(frame)
        starts = np.flatnonzero(products != np.r_[[None], products[:-1]]) if len(frame) else []
        for low, high in pairwise([*starts, len(frame)]):
            rows = frame.iloc[low:high]
            yield str(products[low]), forecast(rows, predicted[low:high], self.parameters, responses)

    def save(self, folder: Path) -> Saved:
        """Native files: `mean*.txt`, `quantile-<level>.txt`, `shifts.json`; those of nodes in a folder of their own."""
        self.mean.save(folder)
        self.distribution.save(folder)
        if self.nodes is not None:
            (folder / NODES).mkdir()
            self.nodes.save(folder / NODES)
        return Saved(list(FIELDS), self.metrics, list(self.notes))

    @staticmethod
    def load(folder: Path, parameters: DemandParameters) -> DemandModel:
        """What `save` wrote."""
        above = DemandModel.load(folder / NODES, parameters) if (folder / NODES).is_dir() else None
        return DemandModel(parameters, Mean.load(folder), Distribution.load(folder), nodes=above)

    def _quantiles(self, frame: pd.DataFrame, means: np.ndarray, series: np.ndarray) -> np.ndarray:
        """(rows, levels) around `means` (rows,)."""
        found = np.zeros((len(frame), len(LEVELS)))
        for model, part in self._parts(series):
            told = spread_design(frame.iloc[part], means[part])
            found[part] = model.distribution.quantiles(told, means[part])
        return found

    def _parts(self, series: np.ndarray) -> Iterator[tuple[DemandModel, np.ndarray]]:
        """Numbers of rows, and the model that predicts them: of `series` (mask) this one."""
        for model, rows in ((self, np.flatnonzero(series)), (self.nodes or self, np.flatnonzero(~series))):
            yield from ((model, rows[i : i + PART_ROWS]) for i in range(0, len(rows), PART_ROWS))

    def _responses(self, frame: pd.DataFrame) -> Responses:
        """Of products: a promotion is one of theirs."""
        return Responses.of(frame.iloc[np.flatnonzero(nodes.series(frame))], self.mean.boosters[0], self._mean)

    def _mean(self, frame: pd.DataFrame) -> np.ndarray:
        return self.mean.predict(design(frame), levels(frame))
