"""Visits: one factor on each customer's own rate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.families.visits import FAMILY, HORIZON_DAYS, VisitsScore
from commerce.model import FeatureField
from commerce.scores import Reason
from training.contract import AS_OF, ENTITY, LABEL, NO_CONTEXT, AsOfDates, Context, Model, ModelFamily, Saved, Source

RECENT_DAYS = 90
RECENT = "recent_orders"


@dataclass(frozen=True)
class VisitsModel(Model):
    """`factor` × the entity's recent rate; `known` is each entity's rate when it was fitted, for serving by id."""

    factor: float
    known: dict[str, float]

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        if RECENT in frame:
            recent = frame[RECENT].to_numpy(dtype=float)
        else:
            recent = np.array([self.known.get(entity, 0.0) for entity in frame[ENTITY]])
        return self.factor * recent

    def answers(self, frame: pd.DataFrame) -> Sequence[VisitsScore]:
        reasons = [Reason(text="orders of the last 90 days", contribution=self.factor)]
        return [
            VisitsScore(source="model", as_of=day, expected_orders=float(value), reasons=reasons)
            for day, value in zip(frame[AS_OF], self.predict(frame), strict=True)
        ]

    def save(self, folder: Path) -> Saved:
        (folder / "visits.json").write_text(json.dumps({"factor": self.factor, "known": self.known}))
        return Saved([FeatureField(name=RECENT, type="float64")])


class Visits(ModelFamily):
    spec = FAMILY
    format = "visits/1"

    def dates(self, source: Source, as_of: date, parameters: BaseModel) -> AsOfDates:
        horizon = timedelta(days=HORIZON_DAYS)
        return AsOfDates((as_of - 2 * horizon,), (as_of - horizon,), as_of)

    def features(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        orders = source.table("orders")
        first = ibis.timestamp((as_of - timedelta(days=RECENT_DAYS)).isoformat())
        recent = orders.filter(orders.ordered_at >= first, orders.ordered_at < ibis.timestamp(as_of.isoformat()))
        recent = recent.filter(recent.customer_id.notnull())
        return recent.group_by(entity_id=recent.customer_id).agg(**{RECENT: recent.count().cast("float64")})

    def labels(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        orders = source.table("orders")
        last = ibis.timestamp((as_of + timedelta(days=HORIZON_DAYS)).isoformat())
        later = orders.filter(orders.ordered_at >= ibis.timestamp(as_of.isoformat()), orders.ordered_at < last)
        later = later.filter(later.customer_id.notnull())
        return later.group_by(entity_id=later.customer_id).agg(**{LABEL: later.count().cast("float64")})

    def missing_label(self, parameters: BaseModel) -> float | None:
        return 0.0

    def fit(self, train: pd.DataFrame, parameters: BaseModel, seed: int, context: Context = NO_CONTEXT) -> VisitsModel:
        recent, outcome = train[RECENT].to_numpy(dtype=float), train[LABEL].to_numpy(dtype=float)
        grid = np.linspace(0, 1, 201)
        errors = [np.abs(outcome - factor * recent).mean() for factor in grid]
        known = dict(zip(train[ENTITY], recent.tolist(), strict=True))
        return VisitsModel(float(grid[int(np.argmin(errors))]), known)

    def load(self, folder: Path, parameters: BaseModel) -> VisitsModel:
        return VisitsModel(**json.loads((folder / "visits.json").read_text()))

    def floors(
        self, train: pd.DataFrame, holdout: pd.DataFrame, parameters: BaseModel, seed: int
    ) -> dict[str, np.ndarray]:
        return {"nobody": np.zeros(len(holdout))}

    def measure(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        return {"mae": float(np.abs(outcome - predicted).mean())}


FAMILY_MODEL = Visits()
