"""Stock behind the contract: one row per product, location and period ahead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import cast

import ibis
import numpy as np
import pandas as pd
from ibis import _
from pydantic import BaseModel

from commerce.families.stock import FAMILY
from commerce.families.stock.parameters import StockParameters
from training.contract import ENTITY, LABEL, NO_CONTEXT, AsOfDates, Context, ModelFamily, Source
from training.demand import sales
from training.demand.origins import Origins
from training.stock import dates, features, forecasts, judging, position
from training.stock.dependence import estimate
from training.stock.features import LOCATION, STEP
from training.stock.model import StockModel, policy

DELIVERIES = "deliveries"


class Stock(ModelFamily):
    """What to order, move and mark down."""

    spec = FAMILY
    format = "stock/1"
    keys = features.KEYS

    def resolve(self, source: Source, as_of: date, parameters: BaseModel) -> BaseModel:
        """The currency of most products' prices, where the shop names none."""
        own = _own(parameters)
        known = position.terms(source, as_of)["currency"].dropna()
        currency = str(known.mode().iloc[0]) if own.currency is None and len(known) else own.currency
        return own.model_copy(update={"currency": currency})

    def dates(self, source: Source, as_of: date, parameters: BaseModel) -> AsOfDates:  # noqa: ARG002 (the contract's)
        """See `dates.schedule`."""
        made = forecasts.shape(source)
        first, _series = sales.extent(source, as_of, made.parameters.by_location)
        return dates.schedule(first, as_of, made)

    def features(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """Published forecasts beside stock and terms; before they were made, plain ones beside a usual stock."""
        if as_of < forecasts.shape(source).as_of:
            return features.past(source, as_of, _own(parameters))
        return features.now(source, as_of)

    def taught(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """Of as many series, drawn at random, as `most_rows` has room for at each date, with all their steps."""
        horizon = forecasts.shape(source).parameters.horizon
        return features.past(source, as_of, _own(parameters), self.most_rows // (dates.MOST_DATES * horizon))

    def labels(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:  # noqa: ARG002 (likewise)
        """Units sold per series and step."""
        made = forecasts.shape(source).parameters
        found = sales.later(source, Origins.at([as_of], made), made.by_location)
        return found.select(
            **{ENTITY: _.product_id, LOCATION: _.location_id, STEP: _.step.cast("int64"), LABEL: _.quantity}
        )

    def missing_label(self, parameters: BaseModel) -> float | None:  # noqa: ARG002 (likewise)
        """What was not sold was not asked for."""
        return 0.0

    def context(self, source: Source, as_of: date, parameters: BaseModel) -> Mapping[str, ibis.Table]:
        """Deliveries that had arrived before the hold-out, so that decisions are judged by what was known then."""
        holdout = self.dates(source, as_of, parameters).holdouts[0]
        return {DELIVERIES: ibis.memtable(position.deliveries(source, holdout).assign(holdout=holdout))}

    def fit(self, train: pd.DataFrame, parameters: BaseModel, seed: int, context: Context = NO_CONTEXT) -> StockModel:
        """Lead times, and how the errors of a forecast's periods hang together."""
        own, arrived = _own(parameters), context[DELIVERIES]
        known = date.max if arrived.empty else arrived["holdout"].iloc[0]
        lead_times = features.learned(arrived, known, own)
        ordered = train.sort_values(["as_of", *self.keys])
        steps = len(np.unique(ordered[STEP].to_numpy()))
        outcomes = ordered[LABEL].to_numpy(dtype=np.float64).reshape(-1, steps)
        quantiles = ordered[list(forecasts.QUANTILES)].to_numpy(dtype=np.float64)
        dependence = estimate(outcomes, quantiles.reshape(*outcomes.shape, -1), seed)
        metrics = {
            "deliveries": float(len(arrived)),
            "lead_days": float(np.mean(lead_times.everyone)),
            "common_error": dependence.common,
            "lasting_error": dependence.decay,
        }
        return StockModel(own, lead_times, dependence, metrics)

    def load(self, folder: Path, parameters: BaseModel) -> StockModel:
        """See `StockModel.load`."""
        return StockModel.load(folder, _own(parameters))

    def floors(
        self,
        train: pd.DataFrame,  # noqa: ARG002 (the contract's)
        holdout: pd.DataFrame,
        parameters: BaseModel,
        seed: int,  # noqa: ARG002 (likewise)
    ) -> Mapping[str, np.ndarray]:
        """See `judging.floors`."""
        return judging.floors(holdout, _own(parameters), policy(_own(parameters)))

    def judged(
        self, holdout: pd.DataFrame, predictions: Mapping[str, np.ndarray], parameters: BaseModel
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """See `judging.judged`."""
        return judging.judged(holdout, predictions, policy(_own(parameters)))

    def measure(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        """cost, fill_rate, stock_days, waste."""
        return judging.measure(outcome, predicted)


def _own(parameters: BaseModel) -> StockParameters:
    return cast(StockParameters, parameters)
