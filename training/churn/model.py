"""The fitted churn model: margin × slope + level of the season, as a probability with reasons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from commerce.families.churn import ChurnParameters, ChurnScore
from training.churn import features, traits
from training.churn.blend import Blend, sigmoid
from training.churn.design import design
from training.churn.reasons import buyer_reasons, trait_reasons
from training.churn.season import Season
from training.churn.traits import TraitEncoder
from training.contract import AS_OF, Model, Saved, TrainingError

_FILE = "calibration.json"


@dataclass(frozen=True)
class ChurnModel(Model):
    """`encoder` is there for a contract business, whose features are traits."""

    parameters: ChurnParameters
    blend: Blend
    slope: float
    season: Season
    encoder: TraitEncoder | None
    metrics: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Probability of churn per row."""
        return sigmoid(self.slope * self.blend.margin(self._design(frame)) + self._levels(frame))

    def contributions(self, frame: pd.DataFrame) -> np.ndarray:
        """Rows × (columns + 1), log-odds: what each column adds, and what all customers of the date share.

        Each row sums to the log-odds of `predict`.
        """
        parts = self.slope * self.blend.contributions(self._design(frame))
        parts[:, -1] += self._levels(frame)
        return parts

    def answers(self, frame: pd.DataFrame) -> Sequence[ChurnScore]:
        """One `ChurnScore` per row."""
        parts = self.contributions(frame)
        own = parts[:, :-1]
        reasons = buyer_reasons(frame, own) if self.encoder is None else trait_reasons(frame, self.encoder, own)
        horizon = self.parameters.horizon_days if self.encoder is None else None
        return [
            ChurnScore(source="model", as_of=day, probability=round(float(p), 6), horizon_days=horizon, reasons=why)
            for day, p, why in zip(frame[AS_OF], sigmoid(parts.sum(axis=1)), reasons, strict=True)
        ]

    def save(self, folder: Path) -> Saved:
        """Native files: `linear.json`, `trees.txt`, `calibration.json` and, for traits, `traits.json`."""
        self.blend.save(folder)
        if self.encoder is not None:
            self.encoder.save(folder)
        calibration = {
            "slope": self.slope,
            "levels": {day.isoformat(): level for day, level in self.season.levels.items()},
            "traits": self.encoder is not None,
        }
        (folder / _FILE).write_text(json.dumps(calibration, indent=1))
        return Saved(list(features.FIELDS if self.encoder is None else traits.FIELDS), self.metrics, list(self.notes))

    @staticmethod
    def load(folder: Path, parameters: ChurnParameters) -> ChurnModel:
        """What `save` wrote."""
        calibration = json.loads((folder / _FILE).read_text())
        return ChurnModel(
            parameters=parameters,
            blend=Blend.load(folder),
            slope=calibration["slope"],
            season=Season({date.fromisoformat(day): level for day, level in calibration["levels"].items()}),
            encoder=TraitEncoder.load(folder) if calibration["traits"] else None,
        )

    def _design(self, frame: pd.DataFrame) -> np.ndarray:
        return design_of(frame, self.encoder)

    def _levels(self, frame: pd.DataFrame) -> np.ndarray:
        days, index = np.unique(frame[AS_OF].to_numpy(), return_inverse=True)
        return np.array([self.season.level(day) for day in days])[index]


def design_of(frame: pd.DataFrame, encoder: TraitEncoder | None) -> np.ndarray:
    """The design matrix of a feature frame; TrainingError naming what it lacks."""
    wanted = features.FIELDS if encoder is None else traits.FIELDS
    missing = [f.name for f in wanted if f.name not in frame.columns]
    if missing or AS_OF not in frame.columns:
        raise TrainingError(f"the feature frame lacks {', '.join(missing or [AS_OF])}; run prepare with this version")
    return design(frame) if encoder is None else encoder.encode(frame)
