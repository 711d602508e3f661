"""A fitted version: trees and their calibration, or flags alone where too few frauds are known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

from commerce.families.accounts.answer import AccountsAnswer
from commerce.families.accounts.context import FLAGS
from commerce.families.accounts.parameters import AccountsParameters
from commerce.scores import Reason
from training.accounts.features import COUNTED, FEATURES, FIELDS, WORDS
from training.accounts.flags import flags, group
from training.assessing.calibration import Curve, probabilities
from training.assessing.learning import LEAST_FRAUDS, boosted
from training.contract import AS_OF, ENTITY, LABEL, Model, Saved, TrainingError

REASONS = 5
LATE = 0.25
"""Share of the rows at least, those of the latest dates, that say what a raw score is worth as a probability."""
_TREES, _CURVE = "trees.txt", "calibration.json"


@dataclass(frozen=True)
class Learned:
    """Trees and what their raw score is worth."""

    trees: lightgbm.Booster
    curve: Curve


@dataclass(frozen=True)
class AccountsModel(Model):
    """`learned` is None at a cold start: then there are flags, and no probability."""

    parameters: AccountsParameters
    learned: Learned | None

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """(rows,) probability of fraud within the horizon; at a cold start the share of flags that are raised."""
        _check(frame)
        if self.learned is None:
            return np.array([len(flags(row, self.parameters)) / len(FLAGS) for row in _rows(frame)])
        return probabilities(self.learned.curve, np.asarray(self.learned.trees.predict(design(frame), raw_score=True)))

    def answers(self, frame: pd.DataFrame) -> Sequence[AccountsAnswer]:
        """One answer per row."""
        _check(frame)
        likely: list[float | None] = [None] * len(frame)
        reasons: list[list[Reason]] = [[] for _ in range(len(frame))]
        if self.learned is not None:
            likely = [round(float(p), 6) for p in self.predict(frame)]
            added = np.asarray(self.learned.trees.predict(design(frame), pred_contrib=True))[:, :-1]
            reasons = [_reasons(row, own) for row, own in zip(_rows(frame), added, strict=True)]
        return [
            AccountsAnswer(
                source="cold_start" if self.learned is None else "model",
                as_of=row[AS_OF],
                probability=probability,
                horizon_days=self.parameters.horizon_days,
                group=group(row),
                flags=flags(row, self.parameters),
                reasons=why,
            )
            for row, probability, why in zip(_rows(frame), likely, reasons, strict=True)
        ]

    def save(self, folder: Path) -> Saved:
        """`calibration.json`, and LightGBM's own text format where something was learned."""
        if self.learned is not None:
            self.learned.trees.save_model(folder / _TREES)
        (folder / _CURVE).write_text(json.dumps({"curve": self.learned.curve if self.learned else None}))
        notes = [] if self.learned else ["too few frauds are known to learn from: flags alone, no probability"]
        return Saved(list(FIELDS), notes=notes)


def load(folder: Path, parameters: AccountsParameters) -> AccountsModel:
    """What `save` wrote."""
    curve = json.loads((folder / _CURVE).read_text())["curve"]
    if curve is None:
        return AccountsModel(parameters, None)
    trees = lightgbm.Booster(model_file=folder / _TREES)
    return AccountsModel(parameters, Learned(trees, tuple((raw, value) for raw, value in curve)))


def fit(train: pd.DataFrame, parameters: AccountsParameters, seed: int) -> AccountsModel:
    """Learn from the labelled rows of several dates, of which the latest say what a raw score is worth."""
    rows = train.sort_values([AS_OF, ENTITY], ignore_index=True)
    y = rows[LABEL].to_numpy(dtype=float)
    late = _late(rows)
    if y.sum() < LEAST_FRAUDS or not y[:late].sum() > 0 or not y[late:].sum() > 0:
        return AccountsModel(parameters, None)
    found = boosted(design(rows), y, late, seed)
    return AccountsModel(parameters, Learned(found.trees, found.curve))


def design(frame: pd.DataFrame) -> np.ndarray:
    """(rows, features) as the trees take them, NaN where there is no value."""
    return frame[list(FEATURES)].to_numpy(dtype=float)


def _late(rows: pd.DataFrame) -> int:
    """The first row of the latest dates that hold the share `LATE` of the rows; at least the last date's."""
    first = np.flatnonzero(~rows[AS_OF].duplicated().to_numpy())
    enough = first[first <= (1 - LATE) * len(rows)]
    return int(enough[-1])


def _reasons(row: dict, added: np.ndarray) -> list[Reason]:
    """What speaks most for fraud, the strongest first."""
    found = []
    for number in np.argsort(-added, kind="stable")[:REASONS]:
        value = row[FEATURES[number]]
        if added[number] > 0 and not np.isnan(value):
            text = WORDS[FEATURES[number]].format(value=value)
            found.append(Reason(text=text, contribution=round(float(added[number]), 4)))
    return found


def _rows(frame: pd.DataFrame) -> Iterator[dict]:
    return iter(frame.filter(items=[AS_OF, *FEATURES, *COUNTED]).to_dict("records"))


def _check(frame: pd.DataFrame) -> None:
    missing = [name for name in (AS_OF, *FEATURES, *COUNTED) if name not in frame]
    if missing:
        raise TrainingError(f"the features lack {', '.join(missing[:5])}: prepare them with this version of the code")
