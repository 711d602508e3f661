"""What a model family implements, so that one container, one workflow and one command line serve them all.

A family is a spec in `commerce/families/<name>.py` and a package `training/<name>/` that exports `FAMILY_MODEL`, a
`ModelFamily`. The entry points know families only through these two classes.

Frames that cross this boundary have one row per entity and as-of date, or per `ModelFamily.keys` and as-of date where
an entity has several rows. The columns `entity_id` and `item_id` (str), further keys (text, or whole numbers such as a
period's), `as_of` (date) and, where the outcome is known, `label` are the contract's; every other column is a feature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import ibis
import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.family import Family
from commerce.model import FeatureField
from commerce.monitoring import Monitoring
from commerce.questions import Instance
from commerce.scores import Score

ENTITY = "entity_id"
ITEM = "item_id"
AS_OF = "as_of"
LABEL = "label"

Context = Mapping[str, pd.DataFrame]
"""Tables of the whole shop before the as-of date, beside the rows, by name. They name no customer."""
NO_CONTEXT: Context = {}
PUBLISHED_ROWS = 5000
"""Rows that are answered at once when all of a frame are."""


class TrainingError(Exception):
    """Data or settings that a family cannot learn from or score. The message says what to do about it."""


class Source(Protocol):
    """Where tables come from: `lake.Lake`, or anything else that has tables by name.

    Of a family with an upstream it has the upstream's answers as well: `training.published.published` gives them.
    """

    def table(self, name: str) -> ibis.Table:
        """The lake table called `name`, with its declared columns."""
        ...


@dataclass(frozen=True, slots=True)
class AsOfDates:
    """The dates at which the past is cut into what was known and what came after.

    Outcomes at every date of `train` were known on the first day of `holdouts`; outcomes at all of these on the day
    scores are made for. Several, in order, are a backtest with a rolling origin. There are none where time gives no
    split (a label of today's customers): then `holdout_share` of the entities, drawn at random, is held out of the one
    training date.
    """

    train: tuple[date, ...]
    holdouts: tuple[date, ...]
    score: date
    holdout_share: float = 0.0

    @property
    def judged(self) -> tuple[date, ...]:
        """Dates of the rows that are held out."""
        return self.holdouts or self.train[-1:]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows to learn from at the dates `as_of`: `ModelFamily.taught` and `labels`, with `as_of` beside their keys."""

    as_of: tuple[date, ...]
    rows: ibis.Table
    labels: ibis.Table


@dataclass(frozen=True, slots=True)
class Saved:
    """What a model wrote: the features it wants, notes for a reader, metrics on validation dates inside its data."""

    features: list[FeatureField]
    metrics: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Model(ABC):
    """A fitted model of one family."""

    @abstractmethod
    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Per row of `frame` one number, (rows,), or several, (rows, k), that the family's metrics judge."""

    @abstractmethod
    def answers(self, frame: pd.DataFrame) -> Sequence[Score]:
        """One answer per row, in the spec's own shape, with its reasons and without a version."""

    def published(self, frame: pd.DataFrame) -> Iterator[tuple[str, Score]]:
        """(entity, answer) of every entity of `frame`, in which an entity's rows stand together.

        By default the answer to the one row an entity has; a family whose entities have several makes one answer of
        them.
        """
        for start in range(0, len(frame), PUBLISHED_ROWS):
            part = frame.iloc[start : start + PUBLISHED_ROWS]
            yield from zip(part[ENTITY], self.answers(part), strict=True)

    @abstractmethod
    def save(self, folder: Path) -> Saved:
        """Write native files (no pickle) into the empty `folder`."""


class AnsweringModel(Model):
    """A model behind a route of its own: it answers questions, from what the batch job published of the customer.

    No customer is in it. What it knows of one comes with the question, as `Instance.profile`.
    """

    @abstractmethod
    def respond(self, instances: Sequence[Instance]) -> Sequence[Score]:
        """One answer per question, without a version; TrainingError where a question is none of the route's."""

    @abstractmethod
    def profiles(self, frame: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
        """(entity, profile in the shape of the spec's route), also for `commerce.questions.SHOP`."""

    @abstractmethod
    def rehearsal(self, frame: pd.DataFrame, count: int) -> Sequence[Instance]:
        """About so many questions, of every kind, whose answers are those the endpoint has to give."""

    def answers(self, frame: pd.DataFrame) -> Sequence[Score]:  # noqa: ARG002 (the contract's)
        """Such a model has no answer per row."""
        raise TrainingError("this family answers questions: there is no score per row")


class ModelFamily(ABC):
    """The learning part of one family. `spec` is its entry of `commerce.families`."""

    spec: Family
    format: str
    """Name and version of the layout of the files that `Model.save` writes, such as `churn/1`."""
    keys: tuple[str, ...] = (ENTITY,)
    """Columns that identify a row at one as-of date: `entity_id` first, then what tells an entity's rows apart."""
    keeps_missed: bool = False
    """Whether a hold-out keeps outcomes of its entities that are no row, as rows without features: what a choice of
    candidates missed counts against it. `labels` then gives what else such a row needs."""
    most_rows: int = 400_000
    """Labelled rows to learn from; beyond it each date keeps a random sample of its rows."""

    def resolve(self, source: Source, as_of: date, parameters: BaseModel) -> BaseModel:  # noqa: ARG002 (for overriders)
        """The parameters with every default filled that depends on the shop's own data before `as_of`."""
        return parameters

    @abstractmethod
    def dates(self, source: Source, as_of: date, parameters: BaseModel) -> AsOfDates:
        """As-of dates within the shop's history; TrainingError when it is too short."""

    def doubts(self, source: Source, as_of: date, parameters: BaseModel) -> list[str]:  # noqa: ARG002 (for overriders)
        """What in the shop's data may not be what it looks like, in sentences: warnings, which forbid nothing."""
        return []

    @abstractmethod
    def features(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """One row per entity, or per `keys`, with these and the features, from what was known before `as_of` alone."""

    def taught(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """`features` of the entities to learn from at a training date: of all, unless the family draws a sample."""
        return self.features(source, as_of, parameters)

    @abstractmethod
    def labels(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """`keys` and `label`, the outcome after `as_of`. Entities may be missing, see `missing_label`.

        Further columns that are no features tell more of what came after: they stand in the training and hold-out
        rows, empty where `labels` has no row, and never in the rows to score.
        """

    def lessons(self, source: Source, as_of: Sequence[date], parameters: BaseModel) -> Iterator[Lesson]:
        """What is learned from at these dates, in parts of one or several of them.

        By default date by date; a family whose tables are dear to read makes the features of several in one pass.
        """
        for day in as_of:
            of = ibis.literal(day)
            yield Lesson(
                (day,),
                self.taught(source, day, parameters).mutate(**{AS_OF: of}),
                self.labels(source, day, parameters).mutate(**{AS_OF: of}),
            )

    def missing_label(self, parameters: BaseModel) -> float | None:  # noqa: ARG002 (for overriders)
        """Label of an entity that `labels` leaves out; None, the default, leaves the entity out of learning."""
        return None

    def context(self, source: Source, as_of: date, parameters: BaseModel) -> Mapping[str, ibis.Table]:  # noqa: ARG002
        """Tables of the whole shop before `as_of` that `fit` needs beside the rows; none by default."""
        return {}

    @abstractmethod
    def fit(self, train: pd.DataFrame, parameters: BaseModel, seed: int, context: Context = NO_CONTEXT) -> Model:
        """A model of the labelled rows `train`; the same rows, context and seed give the same model."""

    @abstractmethod
    def load(self, folder: Path, parameters: BaseModel) -> Model:
        """The model that `Model.save` wrote into `folder`."""

    @abstractmethod
    def floors(
        self, train: pd.DataFrame, holdout: pd.DataFrame, parameters: BaseModel, seed: int
    ) -> Mapping[str, np.ndarray]:
        """Predictions of trivial methods and of a library's default for `holdout`, by the floor's name."""

    def judged(
        self,
        holdout: pd.DataFrame,
        predictions: Mapping[str, np.ndarray],
        parameters: BaseModel,  # noqa: ARG002 (for overriders)
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(outcome, predictions by contender), as `measure` takes them, of what the bootstrap resamples.

        By default of each row. Where rows of one entity depend on each other, one value per entity.
        """
        return holdout[LABEL].to_numpy(dtype=float), dict(predictions)

    def slices(self, holdout: pd.DataFrame) -> Mapping[str, np.ndarray]:  # noqa: ARG002 (for overriders)
        """Masks of hold-out rows by name, such as of new customers, that are also judged apart; none by default."""
        return {}

    def unjudged(self, candidate: Model, champion: Model | None) -> str | None:  # noqa: ARG002 (for overriders)
        """Why the candidate is released unmeasured, as no outcome is known yet; None, the default, has it judged."""
        return None

    def history(self, model: Model, holdout: pd.DataFrame) -> Iterator[str]:  # noqa: ARG002 (for overriders)
        """Lines of JSON that a shop can try rules on: hold-out rows with what came of them; none by default."""
        return iter(())

    def monitored(
        self,
        source: Source,  # noqa: ARG002 (for overriders)
        as_of: date,  # noqa: ARG002
        parameters: BaseModel,  # noqa: ARG002
    ) -> Monitoring | None:
        """What there is to say of the live family, from what was known before `as_of`; None, the default: nothing."""
        return None

    @abstractmethod
    def measure(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        """The family's metrics; the names are those of the spec's gates."""

    def curves(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, list[dict[str, float]]]:  # noqa: ARG002
        """What plots need; nothing by default."""
        return {}

    def parameters(self, values: Mapping[str, Any]) -> BaseModel:
        """The shop's settings, validated by the spec; pydantic.ValidationError when they are wrong."""
        return self.spec.parameters.model_validate(dict(values))
