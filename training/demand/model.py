"""The fitted demand model: expected demand per row and its quantiles, as forecasts per product."""

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
from training.demand.answers import forecast
from training.demand.design import check, design, levels, spread_design
from training.demand.distribution import Distribution
from training.demand.features import FIELDS
from training.demand.mean import Mean
from training.demand.responses import Responses

PART_ROWS = 100_000
"""Rows predicted at once, which bounds the memory of their design matrix."""


@dataclass(frozen=True)
class DemandModel(Model):
    """`metrics` are of predictions out of fold."""

    parameters: DemandParameters
    mean: Mean
    distribution: Distribution
    metrics: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """(rows, 1 + levels) units: expected demand, then its quantiles, rising and not below 0."""
        check(frame)
        parts = [self._predicted(frame.iloc[i : i + PART_ROWS]) for i in range(0, len(frame), PART_ROWS)]
        return np.vstack(parts) if parts else np.zeros((0, 1 + len(LEVELS)))

    def answers(self, frame: pd.DataFrame) -> Sequence[DemandForecast]:
        """One forecast per row: of its one location and period."""
        predicted, responses = self.predict(frame), Responses.of(frame, self.mean.boosters[0], self._mean)
        return [
            forecast(frame.iloc[i : i + 1], predicted[i : i + 1], self.parameters, responses) for i in range(len(frame))
        ]

    def published(self, frame: pd.DataFrame) -> Iterator[tuple[str, DemandForecast]]:
        """One forecast per product, with all its locations and periods."""
        predicted, products = self.predict(frame), frame[ENTITY].to_numpy()
        responses = Responses.of(frame, self.mean.boosters[0], self._mean)
        starts = np.flatnonzero(products != np.r_[[None], products[:-1]]) if len(frame) else []
        for low, high in pairwise([*starts, len(frame)]):
            rows = frame.iloc[low:high]
            yield str(products[low]), forecast(rows, predicted[low:high], self.parameters, responses)

    def save(self, folder: Path) -> Saved:
        """Native files: `mean.txt` and, of few rows, `mean-random.txt`, `quantile-<level>.txt`, `shifts.json`."""
        self.mean.save(folder)
        self.distribution.save(folder)
        return Saved(list(FIELDS), self.metrics, list(self.notes))

    @staticmethod
    def load(folder: Path, parameters: DemandParameters) -> DemandModel:
        """What `save` wrote."""
        return DemandModel(parameters, Mean.load(folder), Distribution.load(folder))

    def _predicted(self, frame: pd.DataFrame) -> np.ndarray:
        mean = self._mean(frame)
        return np.column_stack([mean, self.distribution.quantiles(spread_design(frame, mean), mean)])

    def _mean(self, frame: pd.DataFrame) -> np.ndarray:
        return self.mean.predict(design(frame), levels(frame))
