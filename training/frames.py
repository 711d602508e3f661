"""Feature frames: what prepare writes and everything after it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype
from pydantic import BaseModel

from training.contract import AS_OF, LABEL, AsOfDates, Lesson, ModelFamily, Source, TrainingError


@dataclass(frozen=True)
class Frames:
    """One row per key of the family and as-of date in each; `score` has no label."""

    train: pd.DataFrame
    holdout: pd.DataFrame
    score: pd.DataFrame


def known(family: ModelFamily, source: Source, as_of: date, parameters: BaseModel) -> pd.DataFrame:
    """Features at one date, ordered by the family's keys so that the same lake always gives the same frame."""
    keys = list(family.keys)
    frame = _keyed(family.features(source, as_of, parameters).to_pandas(), keys)
    return frame.sort_values(keys, ignore_index=True).assign(**{AS_OF: as_of})


def labelled(family: ModelFamily, source: Source, as_of: date, parameters: BaseModel) -> pd.DataFrame:
    """Features at one date with the outcome that followed."""
    frame, keys = known(family, source, as_of, parameters), list(family.keys)
    outcome = _keyed(family.labels(source, as_of, parameters).to_pandas(), keys)
    if family.keeps_missed:
        return _filled(family, _with_missed(frame, outcome, keys, as_of), parameters)
    return _filled(family, _with_outcome(frame, outcome, keys), parameters)


def taught(family: ModelFamily, lesson: Lesson, parameters: BaseModel) -> pd.DataFrame:
    """The labelled rows of a lesson, ordered by date and keys."""
    keys = [AS_OF, *family.keys]
    frame, outcome = (_dated(_keyed(table.to_pandas(), keys[1:])) for table in (lesson.rows, lesson.labels))
    frame = frame.sort_values(keys, ignore_index=True)
    return _filled(family, _with_outcome(frame, outcome, keys), parameters)


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    """With `as_of` as dates, whatever the engine made of them."""
    return frame.assign(**{AS_OF: pd.to_datetime(frame[AS_OF]).dt.date})


def _with_outcome(frame: pd.DataFrame, outcome: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.merge(_beside(outcome, frame, keys), on=keys, how="left", validate="one_to_one")


def _filled(family: ModelFamily, frame: pd.DataFrame, parameters: BaseModel) -> pd.DataFrame:
    """Without the rows that have no outcome, or with the family's own for them."""
    frame[LABEL] = frame[LABEL].astype(float)
    missing = family.missing_label(parameters)
    return frame.dropna(subset=[LABEL], ignore_index=True) if missing is None else frame.fillna({LABEL: missing})


def _keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The frame with its keys as text, but for whole numbers, which sort as such."""
    texts = [key for key in keys if not is_integer_dtype(frame[key])]
    return frame.astype(dict.fromkeys(texts, str))


def _with_missed(frame: pd.DataFrame, outcome: pd.DataFrame, keys: list[str], as_of: date) -> pd.DataFrame:
    """The rows with their outcome, and outcomes of the frame's entities that are no row, without features."""
    there = outcome.iloc[np.flatnonzero(outcome[keys[0]].isin(frame[keys[0]].tolist()))]
    merged = frame.merge(_beside(there, frame, keys), on=keys, how="left", validate="one_to_one")
    extra = there.merge(frame[keys], on=keys, how="left", indicator=True).query("_merge == 'left_only'")
    missed = extra.drop(columns="_merge").assign(**{AS_OF: as_of})
    return pd.concat([merged, missed], ignore_index=True).sort_values(keys, kind="stable", ignore_index=True)


def _beside(outcome: pd.DataFrame, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The outcome without columns that are features."""
    return outcome.drop(columns=[name for name in outcome.columns if name in frame.columns and name not in keys])


def history(
    family: ModelFamily,
    source: Source,
    dates: Iterable[date],
    parameters: BaseModel,
    seed: int,
    progress: Callable[[str], None] = lambda _line: None,
) -> pd.DataFrame:
    """Labelled rows of several dates, at most about `ModelFamily.most_rows` of them."""
    dates = tuple(dates)
    share = family.most_rows // max(len(dates), 1)
    rows = []
    for lesson in family.lessons(source, dates, parameters):
        for day, frame in taught(family, lesson, parameters).groupby(AS_OF):
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
    if dates.holdouts:
        held = (labelled(family, source, day, parameters) for day in dates.holdouts)
        train, holdout = past, pd.concat(held, ignore_index=True)
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
