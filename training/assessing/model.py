"""A fitted version behind the contract."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from commerce.assessments.answer import Assessed
from commerce.assessments.decide import rehearsed
from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.portable import MOST_BYTES, PORTABLE, Portable, PortableError
from commerce.family import Family
from commerce.model import FeatureField
from training.assessing.calibration import probabilities
from training.assessing.exporting import vectorised
from training.assessing.learning import design
from training.contract import Model, Saved, TrainingError


class AssessingModel(Model):
    """Trees and their calibration, as the function that answers reads them."""

    def __init__(self, family: Family, portable: Portable, parameters: AssessmentParameters) -> None:
        self.family, self.portable, self.parameters = family, portable, parameters
        if family.assessment is None:
            raise TypeError(f"family {family.name} assesses nothing")
        self.assessment = family.assessment

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """(rows,) probability of fraud, or share of ordinary events that are less unusual."""
        missing = [name for name in self.portable.features if name not in frame]
        if missing:
            raise TrainingError(
                f"the features lack {', '.join(missing[:5])}: prepare them with this version of the code"
            )
        raw = vectorised(self.portable.forest, design(frame, self.assessment))
        return probabilities(self.portable.curve, raw)

    def answers(self, frame: pd.DataFrame) -> Sequence[Assessed]:
        """What the function would decide on each row by the model alone."""
        values = frame.assign(as_of=frame["as_of"].astype(str)).astype(object)
        instances = values.where(values.notna(), None).to_dict(orient="records")
        return [rehearsed(self.family, each, self.portable, self.parameters) for each in instances]

    def save(self, folder: Path) -> Saved:
        """Write `portable.json`."""
        text = self.portable.text()
        if len(text) > MOST_BYTES:
            raise TrainingError(f"the model takes {len(text):,} bytes, more than the {MOST_BYTES:,} that are read")
        (folder / PORTABLE).write_text(text)
        words = self.assessment.words
        fields = [FeatureField(name=name, type="float64", doc=words[name]) for name in self.portable.features]
        notes = []
        if self.portable.kind == "anomaly":
            notes.append("too few labels to learn from: an anomaly score, which is no probability")
        return Saved(fields, notes=notes)


def load(family: Family, folder: Path, parameters: AssessmentParameters) -> AssessingModel:
    """What `save` wrote."""
    try:
        portable = Portable.of((folder / PORTABLE).read_bytes())
    except (OSError, PortableError) as error:
        raise TrainingError(f"{PORTABLE} cannot be read: {error}; train it again") from error
    return AssessingModel(family, portable, parameters)
