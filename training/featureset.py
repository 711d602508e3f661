"""The feature frames of a run as files: `train.parquet`, `holdout.parquet`, `score.parquet` and `about.json`.

Tables of the whole shop that the family learns from beside them are `context-<name>.parquet`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import ibis
import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.model import DataWindow
from training.contract import AS_OF, ENTITY, AsOfDates, TrainingError
from training.frames import Frames

Part = Literal["train", "holdout", "score"]
_ABOUT = "about.json"
_CONTEXT = "context-"


class About(BaseModel):
    """What the frames are of. `parameters` are the family's with every default filled."""

    family: str
    as_of: date
    holdout_as_of: date
    holdout_dates: int = 1
    parameters: dict[str, Any]
    window: DataWindow


def write(folder: Path, frames: Frames, dates: AsOfDates, family: str, parameters: BaseModel) -> About:
    """Write the frames into `folder`."""
    for part in ("train", "holdout", "score"):
        getattr(frames, part).to_parquet(folder / f"{part}.parquet", index=False)
    days = frames.train[AS_OF].to_numpy()
    about = About(
        family=family,
        as_of=dates.score,
        holdout_as_of=dates.judged[-1],
        holdout_dates=len(dates.judged),
        parameters=parameters.model_dump(mode="json"),
        window=DataWindow(
            first_as_of=days.min(),
            last_as_of=days.max(),
            rows=len(frames.train),
            entities=len(np.unique(frames.train[ENTITY].to_numpy())),
        ),
    )
    (folder / _ABOUT).write_text(about.model_dump_json(indent=2))
    return about


def write_context(folder: Path, tables: Mapping[str, ibis.Table]) -> None:
    """Write the tables beside the frames."""
    for name, table in tables.items():
        table.to_pandas().to_parquet(folder / f"{_CONTEXT}{name}.parquet", index=False)


def read_context(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables that `write_context` wrote, by name."""
    paths = sorted(folder.glob(f"{_CONTEXT}*.parquet"))
    return {path.stem.removeprefix(_CONTEXT): pd.read_parquet(path) for path in paths}


def about(folder: Path) -> About:
    """What the frames in `folder` are of; TrainingError when there are none."""
    path = folder / _ABOUT
    if not path.is_file():
        raise TrainingError(f"there are no features in {folder}: run prepare first, and only go on when it says ready")
    return About.model_validate_json(path.read_bytes())


def read(folder: Path, part: Part) -> pd.DataFrame:
    """One of the frames; TrainingError when it is missing."""
    path = folder / f"{part}.parquet"
    if not path.is_file():
        raise TrainingError(f"{path.name} is missing in {folder}: run prepare first")
    return pd.read_parquet(path)
