"""Demand: how much of each product will be wanted where, period by period, as a distribution."""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel

from commerce.evaluation import Gate
from commerce.families.demand.answer import DemandForecast
from commerce.families.demand.baseline import baseline
from commerce.families.demand.parameters import DemandParameters
from commerce.families.demand.plan import WhatIf
from commerce.families.demand.whatif import DemandUnderPlan, what_if
from commerce.family import Family, Resources
from commerce.readiness import Requirement
from commerce.verbs import Verb

HORIZONS = 3
"""Horizons of history that a forecast needs at least, its hold-out among them."""


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:
    """Order lines over the hold-out and two horizons before it; promotions, prices and stock where there are any, and
    the regions of locations that are told apart."""
    own = cast(DemandParameters, parameters)
    return (
        Requirement(
            table="order_lines",
            columns=("product_id", "ordered_at", "kind", "quantity"),
            min_rows=500,
            min_days=HORIZONS * own.horizon_days,
            min_entities=10,
            entity="product_id",
            max_age_days=30,
        ),
        Requirement(table="products", optional=True),
        Requirement(table="promotions", optional=True),
        Requirement(table="prices", optional=True),
        Requirement(table="stock", optional=True),
        *([Requirement(table="locations", optional=True)] if own.by_location else []),
        *([Requirement(table="regressors", columns=("regressor", "day", "value"))] if own.regressors else []),
    )


FAMILY = Family(
    name="demand",
    title="Demand",
    question="How much of this product will be wanted where, in each of the next periods?",
    entity="product",
    mode="table",
    parameters=DemandParameters,
    answer=DemandForecast,
    baseline=baseline,
    collection="forecasts",
    verbs=(
        Verb(
            name="whatIf",
            summary="A product's forecast under planned promotions or prices.",
            question=WhatIf,
            answer=DemandUnderPlan,
            respond=what_if,
        ),
    ),
    requirements=requirements,
    gates=(
        Gate(metric="pinball", better="lower", margin_to_champion=0.01, margin_to_floors=0.0),
        Gate(metric="coverage_error", better="lower", bound=0.1, margin_to_champion=None, margin_to_floors=None),
    ),
    primary_metric="pinball",
    resources=Resources(processing_instance="ml.m5.xlarge", training_instance="ml.m5.2xlarge"),
)
