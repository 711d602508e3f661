"""Visits: how many orders a customer places in the next 30 days. The tiny family with which tests add a family."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from commerce.counters import CustomerState
from commerce.evaluation import Gate
from commerce.family import Family
from commerce.readiness import Requirement
from commerce.scores import Score

HORIZON_DAYS = 30


class VisitsParameters(BaseModel):
    """No settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class VisitsScore(Score):
    """Answer of the family."""

    family: str = "visits"
    expected_orders: float = Field(ge=0, description="in the next 30 days")


def baseline(state: CustomerState | None, now: datetime, parameters: BaseModel) -> VisitsScore:
    """Nothing is known: nobody comes."""
    return VisitsScore(source="baseline", as_of=now.date(), expected_orders=0.0)


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:
    """Orders with their customers."""
    return (Requirement(table="orders", columns=("customer_id",), min_rows=100, min_days=120),)


FAMILY = Family(
    name="visits",
    title="Visits",
    question="How many orders will this customer place in the next 30 days?",
    mode="endpoint",
    parameters=VisitsParameters,
    answer=VisitsScore,
    baseline=baseline,
    requirements=requirements,
    gates=(Gate(metric="mae", better="lower"),),
    primary_metric="mae",
)
