"""SageMaker's directory layout below `/opt/ml`.

https://docs.aws.amazon.com/sagemaker/latest/dg/amazon-sagemaker-toolkits.html (training) and
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html (processing).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT_VARIABLE = "SHOPKEEPER_ML_ROOT"
MESSAGE_LENGTH = 1024
"""Characters of a reason that SageMaker shows."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a container finds its inputs and leaves its outputs."""

    root: Path

    @staticmethod
    def from_environment() -> Layout:
        """`/opt/ml`, or where `SHOPKEEPER_ML_ROOT` points, so that several jobs run on one machine at once."""
        return Layout(Path(os.environ.get(ROOT_VARIABLE, "/opt/ml")))

    @property
    def hyperparameters(self) -> Path:
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def model(self) -> Path:
        """What a training job puts here becomes model.tar.gz."""
        return self.root / "model"

    def channel(self, name: str) -> Path:
        """Input of a training job."""
        return self.root / "input" / "data" / name

    def received(self, name: str) -> Path:
        """Input of a processing job."""
        return self.root / "processing" / "input" / name

    def produced(self, name: str) -> Path:
        """Output folder of a processing job, made if need be."""
        folder = self.root / "processing" / "output" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def fail(self, reason: str) -> None:
        """Leave the reason where SageMaker looks: `failure` of a training job, `message` of a processing job."""
        folder = self.root / "output"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("failure", "message"):
            (folder / name).write_text(reason[:MESSAGE_LENGTH])
