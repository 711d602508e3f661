"""Families that decide on events, behind the contract: a row per event, as of the event's own time."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import ibis
import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.assessments.assessment import Assessment
from commerce.assessments.monitoring import AssessmentMonitoring
from commerce.assessments.parameters import AssessmentParameters
from training.assessing import dates, decided, model, rows
from training.assessing.floors import floors
from training.assessing.learning import LEAST_FRAUDS, learned
from training.assessing.metrics import judged
from training.assessing.monitoring import monitored
from training.contract import ENTITY, LABEL, NO_CONTEXT, AsOfDates, Context, Model, ModelFamily, Source
from training.metrics import calibration_bins
from training.streaming.batch import AT

HISTORY_ROWS = 10_000
"""On which a shop's rules are tried within the seconds that a call of the API may take."""


class AssessingFamily(ModelFamily):
    """What differs is where the events come from, and `trees`."""

    @abstractmethod
    def events(self, source: Source, parameters: AssessmentParameters) -> ibis.Table:
        """One row per event: `event_id`, `at`, the streams' columns and measures, `label_at`, `fraud`, the facts
        and own variables of the assessment, `at_stake`."""

    def trees(self, frauds: int) -> Mapping[str, Any]:  # noqa: ARG002 (for those that differ by it)
        """Settings of LightGBM in place of the usual ones, where so many frauds are learned from."""
        return {}

    @property
    def assessment(self) -> Assessment:
        """The spec's."""
        if self.spec.assessment is None:
            raise TypeError(f"family {self.spec.name} assesses nothing")
        return self.spec.assessment

    def dates(self, source: Source, as_of: date, parameters: BaseModel) -> AsOfDates:
        """See `dates.dates`."""
        known = self._events(source, parameters)
        first = known.filter(known[AT] < rows.start(as_of))[AT].min().to_pyarrow().as_py()
        day = None if first is None else datetime.fromtimestamp(first // 1_000_000, UTC).date()
        return dates.dates(day, as_of, _days(parameters), f"{self.assessment.event_type}s")

    def features(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """Events of the days that are held out, or that stand for today's, with what rules were told of their
        customers when they were decided on."""
        days, context = _days(parameters).holdout_days, self.assessment.context
        found = self._rows(source, as_of, parameters, days)
        if context is None:
            return found
        told = decided.said(source, context, self.spec.name, as_of, days)
        return found.left_join(told, ENTITY).drop(f"{ENTITY}_right")

    def taught(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """Events of all days that are learned from."""
        return self._rows(source, as_of, parameters, _days(parameters).train_days)

    def labels(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """What became known within the label delay."""
        of = _days(parameters)
        longest = max(of.train_days, of.holdout_days)
        return rows.labels(self._events(source, parameters), as_of, longest, of.label_delay_days)

    def missing_label(self, parameters: BaseModel) -> float | None:  # noqa: ARG002 (the contract's)
        """After the delay, what nobody complained of is taken to be legitimate."""
        return 0.0

    def fit(
        self,
        train: pd.DataFrame,
        parameters: BaseModel,
        seed: int,
        context: Context = NO_CONTEXT,  # noqa: ARG002 (the contract's)
    ) -> model.AssessingModel:
        """See `learning.learned`."""
        of = _days(parameters)
        portable = learned(train, self.assessment, of, seed, self.trees(int(train[LABEL].to_numpy().sum())))
        return model.AssessingModel(self.spec, portable, of)

    def load(self, folder: Path, parameters: BaseModel) -> model.AssessingModel:
        """See `model.load`."""
        return model.load(self.spec, folder, _days(parameters))

    def floors(
        self,
        train: pd.DataFrame,
        holdout: pd.DataFrame,
        parameters: BaseModel,  # noqa: ARG002 (the contract's)
        seed: int,
    ) -> Mapping[str, np.ndarray]:
        """See `floors.floors`."""
        return floors(train, holdout, self.assessment, seed)

    def measure(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        """See `metrics.judged`."""
        return judged(outcome, predicted)

    def curves(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, list[dict[str, float]]]:
        """Calibration in ten groups."""
        return {"calibration": calibration_bins(outcome, predicted)}

    def unjudged(self, candidate: Model, champion: Model | None) -> str | None:
        """Without labels an anomaly score is better than none, but not than one that learned from labels."""
        supervised = isinstance(champion, model.AssessingModel) and champion.portable.kind == "supervised"
        if supervised or not isinstance(candidate, model.AssessingModel) or candidate.portable.kind == "supervised":
            return None
        return f"a cold start: fewer than {LEAST_FRAUDS} frauds are known to learn from"

    def monitored(self, source: Source, as_of: date, parameters: BaseModel) -> AssessmentMonitoring:
        """See `monitoring.monitored`."""
        of = _days(parameters)
        return monitored(source, self._events(source, of), self.spec.name, self.assessment, as_of, of)

    def history(self, model: Model, holdout: pd.DataFrame) -> Iterator[str]:
        """Of at most `HISTORY_ROWS` events drawn at random: what rules may ask for, what the model would have decided,
        whether it was fraud, what was at stake."""
        drawn = holdout.sample(min(HISTORY_ROWS, len(holdout)), random_state=0).sort_values(AT, ignore_index=True)
        answers = (
            answer for start in range(0, len(drawn), 1000) for answer in model.answers(drawn.iloc[start : start + 1000])
        )
        text = drawn.drop(columns="as_of").to_json(orient="records", double_precision=15)
        for row, answer in zip(json.loads(text), answers, strict=True):
            yield json.dumps(
                {
                    "values": self._asked(row),
                    "outcome": answer.outcome,
                    "fraud": row["label"] == 1,
                    "amount": row["at_stake"],
                    "known": True,
                },
                separators=(",", ":"),
            )

    def _asked(self, row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        context = self.assessment.context
        fields = context.fields if context else ()
        said = {field: row[decided.told(field)] for field in fields if row[decided.told(field)] is not None}
        return self.assessment.asked({name: row[name] for name in self.assessment.facts}, row, said)

    def _rows(self, source: Source, as_of: date, parameters: BaseModel, days: int) -> ibis.Table:
        delay = _days(parameters).label_delay_days
        return rows.rows(self._events(source, parameters), self.assessment, as_of, days, delay)

    def _events(self, source: Source, parameters: BaseModel) -> ibis.Table:
        return self.events(source, _days(parameters))


def _days(parameters: BaseModel) -> AssessmentParameters:
    return cast(AssessmentParameters, parameters)
