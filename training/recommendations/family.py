"""The recommendations family: which pairs of customer and product are learned from, and as of when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import ibis
import numpy as np
import pandas as pd
from pydantic import BaseModel

from commerce.families.recommendations import FAMILY, RecommendationsParameters
from lake.engines import on_spark
from training.contract import (
    ENTITY,
    ITEM,
    NO_CONTEXT,
    AsOfDates,
    Context,
    ModelFamily,
    Source,
    TrainingError,
)
from training.recommendations import (
    basket_features,
    buy_again,
    capacity,
    fitting,
    judging,
    outcomes,
    retrieval_choice,
    spread,
    tables,
)
from training.recommendations.candidates import Limits
from training.recommendations.model import RecommendationsModel

SEED = 0


class RecommendationsFamily(ModelFamily):
    """One row per customer, product worth ranking, and as-of date."""

    spec = FAMILY
    format = "recommendations/1"
    keys = (ENTITY, ITEM)
    keeps_missed = True
    most_rows = 6_000_000

    def resolve(self, source: Source, as_of: date, parameters: BaseModel) -> RecommendationsParameters:
        """Choose how new products are found: as the engine can, else on the days before the hold-out.

        On Spark by the engine itself (`spread`); in memory by comparison (`retrieval_choice`).
        """
        own = _own(parameters)
        if own.retrieval is None and on_spark(source.table("order_lines")):
            own = own.model_copy(update={"retrieval": "cooccurrence"})
        capacity.check(source, as_of, own)
        if own.retrieval is not None:
            return own
        day = as_of - timedelta(days=2 * own.horizon_days)
        bought = buy_again.purchases(_established(source, day, own), tables.moment(day)).to_pandas()
        later = tables.later(source, day, own.horizon_days).to_pandas()
        compared = retrieval_choice.compare(bought, later, _limits(own), SEED)
        means = {method: round(float(shares.mean()), 4) for method, shares in compared.items()}
        return own.model_copy(update={"retrieval": retrieval_choice.best(compared), "compared": means})

    def dates(self, source: Source, as_of: date, parameters: BaseModel) -> AsOfDates:
        """A hold-out one horizon before `as_of`, training dates further horizons before it, as far as history goes."""
        own = _own(parameters)
        horizon = timedelta(days=own.horizon_days)
        lines = tables.interactions(source, as_of, own.history_days)
        first = lines.at.min().to_pyarrow().as_py()
        holdout = as_of - horizon
        begins = None if first is None else first.date() + horizon
        days = [holdout - k * horizon for k in range(own.dates, 0, -1)]
        taught = tuple(day for day in days if begins is not None and day >= begins)
        if not taught:
            raise TrainingError(
                f"the order lines before {as_of} begin {first.date() if first else 'nowhere'}: at least "
                f"{3 * own.horizon_days} days are needed; lower horizon_days ({own.horizon_days}) or load more history"
            )
        return AsOfDates(taught, (holdout,), as_of)

    def features(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """Of every customer with a purchase: their own products and new ones, see `basket_features`."""
        return _features(source, as_of, _own(parameters), None)

    def taught(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """Of `customers_per_date` customers, drawn at random."""
        own = _own(parameters)
        return _features(source, as_of, own, own.customers_per_date)

    def labels(self, source: Source, as_of: date, parameters: BaseModel) -> ibis.Table:
        """1 for every pair bought within the horizon, of products that could have been ranked, else 0.

        With what else came after of pairs that were shown (`outcomes.responses`), and of all pairs `new` and
        `first_sold`, as features have them.
        """
        own = _own(parameters)
        return outcomes.labels(source, as_of, own.horizon_days, _established(source, as_of, own))

    def missing_label(self, parameters: BaseModel) -> float | None:  # noqa: ARG002 (the contract's)
        """What was not bought was not bought."""
        return 0.0

    def context(self, source: Source, as_of: date, parameters: BaseModel) -> Mapping[str, ibis.Table]:
        """What `Shop.fit` learns from."""
        days = _own(parameters).history_days
        return {
            "window": ibis.memtable({"as_of": [as_of.isoformat()]}),
            "catalogue": tables.catalogue(source, as_of, days),
            "baskets": tables.baskets(source, as_of, days),
            "views": tables.views(source, as_of, days),
            "sales": tables.sales(source, as_of, days),
        }

    def fit(
        self, train: pd.DataFrame, parameters: BaseModel, seed: int, context: Context = NO_CONTEXT
    ) -> RecommendationsModel:
        """See `fitting`."""
        return fitting.fit(train, context, _own(parameters), seed)

    def load(self, folder: Path, parameters: BaseModel) -> RecommendationsModel:
        """See `RecommendationsModel.load`."""
        return RecommendationsModel.load(folder, _own(parameters))

    def floors(
        self,
        train: pd.DataFrame,  # noqa: ARG002 (the contract's)
        holdout: pd.DataFrame,
        parameters: BaseModel,  # noqa: ARG002 (the contract's)
        seed: int,  # noqa: ARG002 (the contract's)
    ) -> Mapping[str, np.ndarray]:
        """See `judging.floors`."""
        return judging.floors(holdout)

    def judged(
        self,
        holdout: pd.DataFrame,
        predictions: Mapping[str, np.ndarray],
        parameters: BaseModel,  # noqa: ARG002 (the contract's)
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Each customer's NDCGs: a customer's products are resampled together."""
        found = {name: judging.per_customer(holdout, scores) for name, scores in predictions.items()}
        return np.zeros(len(next(iter(found.values())))), found

    def slices(self, holdout: pd.DataFrame) -> Mapping[str, np.ndarray]:
        """See `judging.slices`."""
        return judging.slices(holdout)

    def measure(self, outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:  # noqa: ARG002 (in `predicted`)
        """ndcg_at_10 of all products, new_ndcg_at_10 of those the customer never bought."""
        return judging.means(predicted)


def _own(parameters: BaseModel) -> RecommendationsParameters:
    return cast(RecommendationsParameters, parameters)


def _limits(own: RecommendationsParameters) -> Limits:
    method = "cosine" if own.retrieval in (None, "cooccurrence") else own.retrieval
    return Limits(own=own.own, new=own.new, popular=own.popular, method=method)


def _established(source: Source, as_of: date, own: RecommendationsParameters) -> ibis.Table:
    lines = tables.interactions(source, as_of, own.history_days)
    return basket_features.established(lines, tables.moment(as_of), own.least_lines)


def _features(source: Source, as_of: date, own: RecommendationsParameters, most: int | None) -> ibis.Table:
    lines, levels = _established(source, as_of, own), tables.attributes(source, as_of)
    make = spread.features if own.retrieval == "cooccurrence" else basket_features.features
    frame = make(lines, levels, tables.LEVELS, tables.moment(as_of), _limits(own), most, SEED)
    return ibis.memtable(frame.rename(columns={"customer_id": ENTITY, "product_id": ITEM}))
