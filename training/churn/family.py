"""Churn behind the contract: buyers judged by their purchases, contract customers by their traits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import cast

import ibis
import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.families.churn import FAMILY, ChurnParameters
from training.churn import dates, features, fitting, labels, traits
from training.churn.floors import buyer_floors, trait_floors
from training.churn.model import ChurnModel
from training.contract import NO_CONTEXT, AsOfDates, Context, ModelFamily, Source
from training.metrics import calibration_bins, classification

HOLDOUT_SHARE = 0.25


class Churn(ModelFamily):
    """Probability of no purchase within the horizon, or of the end of a contract."""

    spec = FAMILY
    format = "churn/1"

    def resolve(self, source: Source, as_of: date, parameters: BaseModel) -> ChurnParameters:
        """Fill the horizon from the shop's repurchase intervals (see `labels.default_horizon`)."""
        own = _own(parameters)
        if own.target == "contract" or own.horizon_days is not None:
            return own
        return own.model_copy(update={"horizon_days": labels.default_horizon(source, as_of)})

    def dates(self, source: Source, as_of: date, parameters: BaseModel) -> AsOfDates:
        """Fortnightly training dates, a hold-out one horizon before `as_of`; a random hold-out for contracts."""
        own = _own(parameters)
        if own.target == "contract":
            return AsOfDates((as_of,), (), as_of, HOLDOUT_SHARE)
        return dates.schedule(labels.first_purchase(source, as_of), as_of, _horizon(own))

    def features(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """One row per active customer."""
        own = _own(parameters)
        if own.target == "contract":
            return traits.features(source, as_of)
        return features.features(source, as_of, own.active_days, _horizon(own))

    def labels(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """0 for who bought within the horizon; for contracts whether it had ended."""
        own = _own(parameters)
        if own.target == "contract":
            return traits.labels(source, as_of)
        return labels.returned(source, as_of, _horizon(own))

    def missing_label(self, parameters: BaseModel) -> float | None:
        """Who did not buy within the horizon churned; a contract customer without a label teaches nothing."""
        return None if _own(parameters).target == "contract" else 1.0

    def fit(
        self,
        train: pd.DataFrame,
        parameters: BaseModel,
        seed: int,
        context: Context = NO_CONTEXT,  # noqa: ARG002
    ) -> ChurnModel:
        """See `fitting`."""
        return fitting.fit(train, _own(parameters), seed)

    def load(self, folder: Path, parameters: BaseModel) -> ChurnModel:
        """See `ChurnModel.load`."""
        return ChurnModel.load(folder, _own(parameters))

    def floors(
        self, train: pd.DataFrame, holdout: pd.DataFrame, parameters: BaseModel, seed: int
    ) -> dict[str, np.ndarray]:
        """See `floors`."""
        chosen = trait_floors if _own(parameters).target == "contract" else buyer_floors
        return chosen(train, holdout, seed)

    def slices(self, holdout: pd.DataFrame) -> Mapping[str, np.ndarray]:
        """Buyers with one purchase: of most shops the larger part, and the hardest to tell apart."""
        if "purchases" not in holdout.columns:
            return {}
        return {"one_purchase": holdout["purchases"].to_numpy(dtype=float) <= 1}

    def measure(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        """auc, ap, brier, log_loss, calibration_slope."""
        return classification(outcome, predicted)

    def curves(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, list[dict[str, float]]]:
        """`calibration`: ten bins of equal size."""
        return {"calibration": calibration_bins(outcome, predicted)}


def _own(parameters: BaseModel) -> ChurnParameters:
    return cast(ChurnParameters, parameters)


def _horizon(parameters: ChurnParameters) -> int:
    if parameters.horizon_days is None:
        raise ValueError("horizon_days is empty: call resolve first")
    return parameters.horizon_days
