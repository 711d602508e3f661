"""Accounts behind the contract: a row per account and date, with the group it belongs to."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import ibis
import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.families.accounts import FAMILY
from commerce.families.accounts.parameters import AccountsParameters
from training.accounts import dates, features, history, labels, model
from training.accounts.floors import floors
from training.assessing.learning import LEAST_FRAUDS
from training.assessing.metrics import judged
from training.assessing.rows import start
from training.contract import NO_CONTEXT, AsOfDates, Context, Model, ModelFamily, Source
from training.metrics import calibration_bins


class Accounts(ModelFamily):
    """Probability of a payment that turns out to be fraud, and flags of what a group of accounts does."""

    spec = FAMILY
    format = "accounts/1"

    def dates(self, source: Source, as_of: date, parameters: BaseModel) -> AsOfDates:
        """See `dates.schedule`."""
        known = history.payments(source)
        first = known.filter(known[history.AT] < start(as_of))[history.AT].min().to_pyarrow().as_py()
        day = None if first is None else datetime.fromtimestamp(first // 1_000_000, UTC).date()
        return dates.schedule(day, as_of, _own(parameters))

    def features(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """See `features.features`."""
        return features.features(source, as_of, _own(parameters))

    def labels(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """See `labels.defrauding`."""
        return labels.defrauding(source, as_of, _own(parameters))

    def missing_label(self, parameters: BaseModel) -> float | None:  # noqa: ARG002 (the contract's)
        """After the delay, what nobody complained of is taken to be legitimate."""
        return 0.0

    def fit(
        self,
        train: pd.DataFrame,
        parameters: BaseModel,
        seed: int,
        context: Context = NO_CONTEXT,  # noqa: ARG002 (the contract's)
    ) -> model.AccountsModel:
        """See `model.fit`."""
        return model.fit(train, _own(parameters), seed)

    def load(self, folder: Path, parameters: BaseModel) -> model.AccountsModel:
        """See `model.load`."""
        return model.load(folder, _own(parameters))

    def floors(
        self,
        train: pd.DataFrame,
        holdout: pd.DataFrame,
        parameters: BaseModel,  # noqa: ARG002 (the contract's)
        seed: int,
    ) -> Mapping[str, np.ndarray]:
        """See `floors.floors`."""
        return floors(train, holdout, seed)

    def slices(self, holdout: pd.DataFrame) -> Mapping[str, np.ndarray]:
        """Accounts that share something."""
        return {"of_groups": holdout["accounts"].to_numpy(dtype=float) > 1}

    def measure(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        """See `training.assessing.metrics.judged`."""
        return judged(outcome, predicted)

    def curves(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, list[dict[str, float]]]:
        """Calibration in ten groups."""
        return {"calibration": calibration_bins(outcome, predicted)}

    def unjudged(self, candidate: Model, champion: Model | None) -> str | None:
        """Flags alone are better than nothing, but not than a version that learned from labels."""
        if _learned(candidate) or _learned(champion):
            return None
        return f"a cold start: fewer than {LEAST_FRAUDS} accounts with frauds are known to learn from"


def _own(parameters: BaseModel) -> AccountsParameters:
    return cast(AccountsParameters, parameters)


def _learned(found: Model | None) -> bool:
    return isinstance(found, model.AccountsModel) and found.learned is not None
