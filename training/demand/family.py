"""Demand behind the contract: one row per product, location and period ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import ibis
import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.families.demand import FAMILY
from commerce.families.demand.parameters import DAYS, DemandParameters
from training.contract import NO_CONTEXT, AsOfDates, Context, Lesson, ModelFamily, Source, TrainingError
from training.demand import dates, features, fitting, floors, judging, labels, lessons, nodes, rhythm, sales
from training.demand.model import DemandModel


class Demand(ModelFamily):
    """Expected demand and its quantiles, in units."""

    spec = FAMILY
    format = "demand/1"
    keys = features.KEYS
    most_rows = 600_000

    def dates(self, source: Source, as_of: date, parameters: BaseModel) -> AsOfDates:
        """See `dates.schedule`."""
        own = _own(parameters)
        first, series = sales.extent(source, as_of, own.by_location)
        return dates.schedule(first, as_of, own, dates.room(self.most_rows, series, own))

    def doubts(self, source: Source, as_of: date, parameters: BaseModel) -> list[str]:
        """Of days: see `rhythm`."""
        own = _own(parameters)
        return rhythm.doubts(source, as_of, own.by_location) if own.frequency == "day" else []

    def features(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """One row per series that is forecast, or node, and step of the horizon, from what was known at the origin."""
        return features.features(source, [as_of], _own(parameters))

    def labels(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """Units bought per series or node and step."""
        return labels.demanded(source, as_of, _own(parameters))

    def lessons(self, source: Source, as_of: Sequence[date], parameters: BaseModel) -> Iterator[Lesson]:
        """See `lessons`."""
        return lessons.lessons(source, as_of, _own(parameters), self.most_rows)

    def missing_label(self, parameters: BaseModel) -> float | None:  # noqa: ARG002 (the contract's)
        """What was not bought was not demanded."""
        return 0.0

    def fit(
        self,
        train: pd.DataFrame,
        parameters: BaseModel,
        seed: int,
        context: Context = NO_CONTEXT,  # noqa: ARG002 (the contract's)
    ) -> DemandModel:
        """See `fitting`; of nodes a model of its own, where there is enough to learn from.

        What stands above others is steadier than they are, and as sums would weigh most of all that is learned.
        """
        own, series = _own(parameters), nodes.series(train)
        model = fitting.fit(_rows(train, series), own, seed)
        try:
            above = fitting.fit(_rows(train, ~series), own, seed)
        except TrainingError:
            return model
        return replace(model, nodes=above)

    def load(self, folder: Path, parameters: BaseModel) -> DemandModel:
        """See `DemandModel.load`."""
        return DemandModel.load(folder, _own(parameters))

    def floors(
        self, train: pd.DataFrame, holdout: pd.DataFrame, parameters: BaseModel, seed: int
    ) -> Mapping[str, np.ndarray]:
        """See `floors`; learned from series alone."""
        return floors.floors(_rows(train, nodes.series(train)), holdout, DAYS[_own(parameters).frequency], seed)

    def judged(
        self,
        holdout: pd.DataFrame,
        predictions: Mapping[str, np.ndarray],
        parameters: BaseModel,  # noqa: ARG002 (the contract's)
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Each series' sums: its periods depend on each other and are resampled together. Nodes: in curves."""
        return judging.judged(holdout, predictions)

    def slices(self, holdout: pd.DataFrame) -> Mapping[str, np.ndarray]:
        """Intermittent series, and new ones."""
        return judging.slices(holdout)

    def measure(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        """pinball, scaled_rmse, coverage_error, bias."""
        return judging.measure(outcome, predicted)

    def curves(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, list[dict[str, float]]]:
        """`coverage` by level, `error_by_step`, `error_by_level`."""
        return judging.curves(outcome, predicted)


def _rows(frame: pd.DataFrame, mask: np.ndarray) -> pd.DataFrame:
    return frame if mask.all() else frame.iloc[np.flatnonzero(mask)].reset_index(drop=True)


def _own(parameters: BaseModel) -> DemandParameters:
    return cast(DemandParameters, parameters)
