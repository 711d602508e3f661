"""Feature frames: what prepare writes and everything after it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pydantic import BaseModel

from training.contract import AS_OF, ENTITY, LABEL, AsOfDates, ModelFamily, Source, TrainingError

MOST_ROWS = 400_000
"""Labelled rows to learn from; beyond it each date keeps a random sample of its entities."""


@dataclass(frozen=True)
class Frames:
    """One row per entity and as-of date in each; `score` has no label."""

    train: pd.DataFrame
    holdout: pd.DataFrame
    score: pd.DataFrame


def known(family: ModelFamily, source: Source, as_of: date, parameters: BaseModel) -> pd.DataFrame:
    """Features at one date, ordered by entity so that the same lake always gives the same frame."""
    frame = family.features(source, as_of, parameters).to_pandas()
    frame[ENTITY] = frame[ENTITY].astype(str)
    return frame.sort_values(ENTITY, ignore_index=True).assign(**{AS_OF: as_of})


def labelled(family: ModelFamily, source: Source, as_of: date, parameters: BaseModel) -> pd.DataFrame:
    """Features at one date with the outcome that followed."""
    frame = known(family, source, as_of, parameters)
    outcome = family.labels(source, as_of, parameters).to_pandas()
    by_entity = dict(zip(outcome[ENTITY].astype(str), outcome[LABEL].to_numpy(dtype=float), strict=True))
    frame[LABEL] = [by_entity.get(entity, np.nan) for entity in frame[ENTITY]]
    missing = family.missing_label(parameters)
    return frame.dropna(subset=[LABEL], ignore_index=True) if missing is None else frame.fillna({LABEL: missing})


def history(
    family: ModelFamily,
    source: Source,
    dates: Iterable[date],
    parameters: BaseModel,
    seed: int,
    progress: Callable[[str], None] = lambda _line: None,
) -> pd.DataFrame:
    """Labelled rows of several dates, at most about `MOST_ROWS` of them."""
    dates = tuple(dates)
    share = MOST_ROWS // max(len(dates), 1)
    rows = []
    for day in dates:
        frame = labelled(family, source, day, parameters)
        rows.append(frame.sample(share, random_state=seed).sort_index() if len(frame) > share else frame)
        progress(f"features as of {day}: {len(frame):,} rows")
    return pd.concat(rows, ignore_index=True)


def build(
    family: ModelFamily,
    source: Source,
    dates: AsOfDates,
    parameters: BaseModel,
    seed: int,
    progress: Callable[[str], None] = lambda _line: None,
) -> Frames:
    """All three frames; TrainingError when one of them is empty."""
    past = history(family, source, dates.train, parameters, seed, progress)
    if dates.holdout is not None:
        train, holdout = past, labelled(family, source, dates.holdout, parameters)
    else:
        train, holdout = _split(past, dates.holdout_share, seed)
    frames = Frames(train, holdout, known(family, source, dates.score, parameters))
    for name in ("train", "holdout", "score"):
        if getattr(frames, name).empty:
            raise TrainingError(
                f"no {family.spec.entity} is known in the {name} rows (as-of {dates.score}); check the as-of date and "
                "that the tables hold rows before it"
            )
    return frames


def _split(frame: pd.DataFrame, share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    held = np.random.default_rng(seed).random(len(frame)) < share
    return frame.iloc[np.flatnonzero(~held)].reset_index(drop=True), frame.iloc[np.flatnonzero(held)].reset_index(
        drop=True
    )
