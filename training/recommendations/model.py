"""The fitted family: rankers of customers' candidates for the batch job, and answers to questions for the endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from commerce.families.recommendations import RecommendationsParameters
from commerce.families.recommendations.answer import Recommendations
from commerce.families.recommendations.profile import Fresh, Owned, Profile
from commerce.model import FeatureField
from commerce.questions import SHOP, Instance
from training.contract import AS_OF, ENTITY, ITEM, AnsweringModel, Saved, TrainingError
from training.recommendations import rehearsing
from training.recommendations.answering import Answerer
from training.recommendations.judging import MISSED
from training.recommendations.ranker import Ranker
from training.recommendations.response import Response
from training.recommendations.shop import Shop

OWN_KEPT, NEW_KEPT, POPULAR_KEPT = 60, 100, 200
"""Products of a published profile: some 4 KB of JSON."""
_FILE = "parts.json"
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Part:
    """How one kind of candidate is scored: by a ranker, or by the one column that orders them as well (`plain`).

    Probabilities are Platt's line (1999) on the ranker's log-odds, or on the column: `slope` × value + `intercept`.
    """

    ranker: Ranker | None
    plain: str
    slope: float = 1.0
    intercept: float = 0.0

    def raw(self, rows: pd.DataFrame) -> np.ndarray:
        """What the line is applied to, one number per row."""
        if self.ranker is None:
            return np.nan_to_num(rows[self.plain].to_numpy(dtype=float))
        clipped = np.clip(self.ranker.scores(rows), _LEAST, 1 - _LEAST)
        return np.log(clipped / (1 - clipped))

    def scores(self, rows: pd.DataFrame) -> np.ndarray:
        """Probability per row."""
        return 1 / (1 + np.exp(-(self.slope * self.raw(rows) + self.intercept)))


@dataclass(frozen=True)
class RecommendationsModel(AnsweringModel):
    """`parts` by name, `repeat` and `new`; `shop` is what holds for everybody.

    `response` is there where exposures taught more than purchases alone.
    """

    parameters: RecommendationsParameters
    parts: Mapping[str, Part]
    shop: Shop
    response: Response | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Probability of a purchase within the horizon per row; −inf for rows that were no candidate.

        With a `response` it is that of a purchase within `outcomes.TAKEN_DAYS` of being shown first.
        """
        missing = [name for name in (MISSED, "new") if name not in frame.columns]
        if missing:
            raise TrainingError(f"the feature frame lacks {', '.join(missing)}; run prepare with this version")
        candidate = ~frame[MISSED].isna().to_numpy()
        new = frame["new"].to_numpy() == 1
        scores = np.full(len(frame), -np.inf)
        for part, rows in ((self.parts["repeat"], candidate & ~new), (self.parts["new"], candidate & new)):
            if rows.any():
                try:
                    scores[rows] = part.scores(frame.iloc[np.flatnonzero(rows)])
                except ValueError as error:
                    raise TrainingError(f"{error}; run prepare with this version") from error
        if self.response is not None:
            scores[candidate] = self.response.chances(frame.iloc[np.flatnonzero(candidate)], scores[candidate])
        return scores

    def respond(self, instances: Sequence[Instance]) -> Sequence[Recommendations]:
        """See `answering`."""
        answerer = Answerer(self.shop)
        return [answerer.answer(instance) for instance in instances]

    def profiles(self, frame: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
        """The shop's, then each customer's, in the frame's order."""
        popular = np.argsort(-self.shop.popular, kind="stable")[:POPULAR_KEPT]
        sold = popular[(self.shop.popular[popular] > 0) & self.shop.catalogue.active[popular]]
        yield SHOP, _json(Profile(as_of=self.shop.as_of, popular=[self.shop.catalogue.id(item) for item in sold]))
        rows = frame.assign(probability=self.predict(frame)).sort_values(
            [ENTITY, "probability"], ascending=[True, False], kind="stable", ignore_index=True
        )
        owners = rows[ENTITY].to_numpy(dtype=object)
        bounds = np.flatnonzero(np.concatenate([[True], owners[1:] != owners[:-1]])) if len(rows) else np.zeros(0, int)
        columns = _Columns.of(rows)
        for start, end in zip(bounds, [*bounds[1:], len(rows)], strict=True):
            yield str(owners[start]), _json(columns.profile(int(start), int(end)))

    def rehearsal(self, frame: pd.DataFrame, count: int) -> Sequence[Instance]:
        """Every kind of question, of the first customers of the frame."""
        entities = frame[ENTITY].to_numpy(dtype=object)
        first = list(dict.fromkeys(entities.tolist()))[:count]
        some = frame.iloc[np.flatnonzero(np.isin(entities, first))]
        known = dict(islice(self.profiles(some), 1, count + 1))
        return rehearsing.instances(self.shop, known, count)

    def save(self, folder: Path) -> Saved:
        """`parts.json`, a ranker's files per part, and the shop's."""
        described: dict[str, Any] = {}
        fields: list[FeatureField] = []
        for name, part in self.parts.items():
            described[name] = {
                "ranked": part.ranker is not None,
                "plain": part.plain,
                "slope": part.slope,
                "intercept": part.intercept,
            }
            if part.ranker is not None:
                part.ranker.save(folder, name)
                fields = [FeatureField(name=column, type="float32") for column in part.ranker.columns]
        (folder / _FILE).write_text(json.dumps(described, indent=1))
        if self.response is not None:
            self.response.save(folder)
        self.shop.save(folder)
        return Saved(fields, self.metrics, list(self.notes))

    @staticmethod
    def load(folder: Path, parameters: RecommendationsParameters) -> RecommendationsModel:
        """What `save` wrote."""
        parts = {
            name: Part(
                Ranker.load(folder, name) if part["ranked"] else None, part["plain"], part["slope"], part["intercept"]
            )
            for name, part in json.loads((folder / _FILE).read_text()).items()
        }
        return RecommendationsModel(parameters, parts, Shop.load(folder), Response.load(folder))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Arrays of a sorted frame, for one customer's slice at a time."""

    day: date
    products: np.ndarray
    probability: np.ndarray
    new: np.ndarray
    recency: np.ndarray
    gap: np.ndarray

    @staticmethod
    def of(rows: pd.DataFrame) -> _Columns:
        day = rows[AS_OF].iloc[0] if len(rows) else date.min
        numbers = (rows[name].to_numpy(dtype=float) for name in ("probability", "new", "recency", "expected_gap"))
        return _Columns(day, rows[ITEM].to_numpy(dtype=object), *numbers)

    def profile(self, start: int, end: int) -> Profile:
        places = np.arange(start, end)
        own = places[self.new[start:end] == 0][:OWN_KEPT]
        new = places[self.new[start:end] == 1][:NEW_KEPT]
        return Profile(
            as_of=self.day,
            own=[Owned(str(self.products[i]), self._chance(i), int(self.recency[i]), self._gap(i)) for i in own],
            new=[Fresh(str(self.products[i]), self._chance(i)) for i in new],
        )

    def _chance(self, place: int) -> float:
        return round(float(self.probability[place]), 6)

    def _gap(self, place: int) -> float | None:
        return None if np.isnan(self.gap[place]) else round(float(self.gap[place]), 1)


def _json(profile: Profile) -> dict[str, Any]:
    return profile.model_dump(mode="json")
