"""Stock: what to order, move and mark down, product by product, from the forecasts of demand."""

from __future__ import annotations

from pydantic import BaseModel

from commerce.evaluation import Gate
from commerce.families.stock.answer import StockAdvice
from commerce.families.stock.baseline import baseline
from commerce.families.stock.parameters import StockParameters
from commerce.families.stock.ranking import RANKING
from commerce.family import Family, Resources
from commerce.readiness import Requirement


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:  # noqa: ARG001 (the contract's)
    """Stock counts that are not old, and order lines to judge by; deliveries, terms and prices where there are any."""
    return (
        Requirement(table="stock", columns=("product_id", "location_id", "quantity"), max_age_days=30),
        Requirement(table="order_lines", columns=("product_id", "ordered_at", "quantity"), min_rows=500, min_days=90),
        Requirement(table="deliveries", optional=True),
        Requirement(table="supply_terms", optional=True),
        Requirement(table="products", optional=True),
    )


FAMILY = Family(
    name="stock",
    title="Stock",
    question="What is to be ordered, moved or marked down of this product, where and by when?",
    entity="product",
    mode="table",
    parameters=StockParameters,
    answer=StockAdvice,
    baseline=baseline,
    collection="stock",
    upstream=("demand",),
    ranking=RANKING,
    requirements=requirements,
    # Money per money of demand. Plain forecasts stand in for demand's when the past is judged, so that a candidate may
    # fall half a percent short of the best simple policy by them.
    gates=(Gate(metric="cost", better="lower", margin_to_champion=0.01, margin_to_floors=0.005),),
    primary_metric="cost",
    # Counts change every day, forecasts once a week.
    schedule="cron(0 5 * * ? *)",
    resources=Resources(processing_instance="ml.m5.xlarge", training_instance="ml.m5.large"),
)
