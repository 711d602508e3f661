"""Recommendations: which products to show to whom, and why."""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel

from commerce.evaluation import Gate
from commerce.families.recommendations.answer import Recommendations, shows
from commerce.families.recommendations.baseline import baseline
from commerce.families.recommendations.parameters import RecommendationsParameters
from commerce.families.recommendations.profile import Profile
from commerce.families.recommendations.request import QUESTIONS, ForYou
from commerce.family import Family, Resources
from commerce.questions import Route
from commerce.readiness import Requirement


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:
    """Order lines over three horizons; catalogue, views and stock where there are any."""
    own = cast(RecommendationsParameters, parameters)
    return (
        Requirement(
            table="order_lines",
            columns=("customer_id", "product_id", "quantity"),
            min_rows=1000,
            min_days=3 * own.horizon_days,
            min_entities=100,
            entity="customer_id",
            max_age_days=30,
        ),
        Requirement(table="products", optional=True),
        Requirement(table="events", optional=True),
        Requirement(table="stock", optional=True),
    )


FAMILY = Family(
    name="recommendations",
    title="Recommendations",
    question="Which products should this visitor see here and now, and why?",
    mode="endpoint",
    parameters=RecommendationsParameters,
    answer=Recommendations,
    route=Route(
        summary="Which products to show: for a customer, in a session, beside a product, for a cart.",
        questions=QUESTIONS,
        baseline=baseline,
        profile=Profile,
        letter=lambda customer_id, limit: ForYou(question="for_you", customer_id=customer_id, limit=limit),
        shows=shows,
    ),
    requirements=requirements,
    gates=(
        Gate(metric="ndcg_at_10", better="higher", margin_to_champion=0.01, margin_to_floors=0.0),
        Gate(metric="new_ndcg_at_10", better="higher", margin_to_champion=0.005, margin_to_floors=0.0),
    ),
    primary_metric="ndcg_at_10",
    resources=Resources(
        processing_instance="ml.m5.2xlarge", training_instance="ml.m5.2xlarge", max_runtime_seconds=7200
    ),
)
